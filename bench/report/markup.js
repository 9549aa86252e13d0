'use strict';

/**
 * Text as it stands in HTML, in SVG and in their attributes.
 *
 * @param {unknown} text
 * @returns {string}
 */
function escape(text) {
  const names = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return String(text).replace(/[&<>"]/g, (character) => names[character]);
}

/**
 * A title in which what stands in backticks is code.
 *
 * @param {string} text
 * @returns {string}
 */
function inline(text) {
  return escape(text).replace(/`([^`]*)`/g, '<code>$1</code>');
}

/**
 * An element of SVG.
 *
 * @param {string} name
 * @param {Record<string, string | number>} attributes Numbers are rounded to a tenth of a pixel.
 * @param {string} [content] Markup.
 * @returns {string}
 */
function element(name, attributes, content = '') {
  const all = Object.entries(attributes).map(([key, value]) => {
    const text = typeof value === 'number' ? Math.round(value * 10) / 10 : escape(value);
    return ` ${key}="${text}"`;
  });
  return content === ''
    ? `<${name}${all.join('')}/>`
    : `<${name}${all.join('')}>${content}</${name}>`;
}

/**
 * A text within SVG.
 *
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {Record<string, string>} [attributes]
 * @returns {string}
 */
function label(x, y, words, attributes = {}) {
  return element('text', { x, y, ...attributes }, escape(words));
}

module.exports = { element, escape, inline, label };
