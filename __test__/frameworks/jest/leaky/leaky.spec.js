'use strict';

const service = require('../../service');

test('a server that nobody closes', async () => {
  expect((await service.serve()).listening).toBe(true);
});
