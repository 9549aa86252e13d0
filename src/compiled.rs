//! What V8 made of the package's JavaScript, kept in files.
//!
//! To compile takes longer than anything else that is done when the package is loaded. Where it is
//! installed, each script's code is put beside it (`scripts/compile.js`), for the Node that runs there, and
//! a program that is started with that Node hands it to V8 (`scripts/join.js`). V8 itself refuses the
//! code of another version, or for other flags, but trusts it to be whole: so a digest stands behind it,
//! of the script as well.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use napi::Env;
use napi::bindgen_prelude::{Buffer, Latin1String};
use napi_derive::napi;

/// Bytes of a digest.
const DIGEST: usize = size_of::<u64>();

/// A script, with what V8 made of it.
#[napi(object, object_from_js = false)]
pub struct CompiledScript {
    /// Its text: a function whose argument is a `module`.
    #[napi(ts_type = "string")]
    pub text: Latin1String,
    /// V8's code for that text.
    pub code: Buffer,
}

/// Gives a script of the package with the code that is kept for it, or nothing: where none was kept for
/// this Node, or not of the script as it is, or where one of the two cannot be read.
#[napi(catch_unwind)]
pub fn compiled_script(env: &Env, file: String) -> Option<CompiledScript> {
    let kept = fs::read(place(env, &file)?).ok()?;
    let text = read(&file).ok()?;
    let code = verified(&text, kept)?;
    Some(CompiledScript { text: Latin1String::from(text), code: code.into() })
}

/// Gives the text of a script of the package as it is to be compiled, or nothing where it cannot be read.
#[napi(catch_unwind)]
pub fn script_text(file: String) -> Option<String> {
    read(&file).ok()
}

/// Keeps what V8 made of a script's text, for this Node. Tells whether that went well.
#[napi(catch_unwind)]
pub fn keep_compiled(env: &Env, file: String, text: String, code: &[u8]) -> bool {
    place(env, &file).is_some_and(|place| keep(&place, &text, code).is_ok())
}

/// Where the code of a script is kept for the Node that runs.
fn place(env: &Env, file: &str) -> Option<PathBuf> {
    let version = env.get_node_version().ok()?;
    let (major, minor, patch) = (version.major, version.minor, version.patch);
    let extension = format!("node-{major}.{minor}.{patch}-{}.code", std::env::consts::ARCH);
    Some(Path::new(file).with_extension(extension))
}

/// A script's text, which is ASCII, as the function that Node would make of it: on its first line, so that
/// places in it stay what they are.
fn read(file: &str) -> io::Result<String> {
    const BEGIN: &str = "(function (module) { ";
    const END: &str = "\n})";

    let mut file = File::open(file)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let mut text = String::with_capacity(BEGIN.len() + length + END.len() + 1);
    text.push_str(BEGIN);
    file.read_to_string(&mut text)?;
    text.push_str(END);
    if text.is_ascii() { Ok(text) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// A number that another script, or other code, has not but by chance.
fn digest(text: &str, code: &[u8]) -> [u8; DIGEST] {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.write_usize(text.len());
    hasher.write(code);
    hasher.finish().to_le_bytes()
}

/// The code in what was kept, if that is whole and of this text.
fn verified(text: &str, mut kept: Vec<u8>) -> Option<Vec<u8>> {
    let (code, digest) = kept.split_last_chunk::<DIGEST>()?;
    if *digest != self::digest(text, code) {
        return None;
    }
    kept.truncate(code.len());
    Some(kept)
}

/// Writes code to its place in one step: who reads there finds all of it, or what was there before.
fn keep(place: &Path, text: &str, code: &[u8]) -> io::Result<()> {
    let unfinished = place.with_extension(format!("{}.tmp", std::process::id()));
    let kept = fs::write(&unfinished, [code, &digest(text, code)].concat())
        .and_then(|()| fs::rename(&unfinished, place));
    if kept.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "(function (module) { module.exports = 1;\n})";

    fn kept(code: &[u8]) -> Vec<u8> {
        [code, &digest(TEXT, code)].concat()
    }

    #[test]
    fn code_comes_back_as_it_was() {
        assert_eq!(verified(TEXT, kept(b"code")).as_deref(), Some(&b"code"[..]));
        assert_eq!(verified(TEXT, kept(b"")).as_deref(), Some(&b""[..]));
    }

    #[test]
    fn code_that_is_not_whole_does_not_come_back() {
        let whole = kept(b"a longer piece of code");
        for end in 0..whole.len() {
            assert_eq!(verified(TEXT, whole[..end].to_vec()), None, "{end} bytes of it");
        }
        for position in 0..whole.len() {
            let mut wrong = whole.clone();
            wrong[position] ^= 1;
            assert_eq!(verified(TEXT, wrong), None, "byte {position}");
        }
    }

    #[test]
    fn code_of_another_text_does_not_come_back() {
        assert_eq!(verified(&TEXT.replace('1', "2"), kept(b"code")), None);
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let folder =
            std::env::temp_dir().join(format!("tokio-net-compiled-{}", std::process::id()));
        // A folder is in the place.
        let place = folder.join("script.code");
        fs::create_dir_all(place.join("in it")).unwrap();
        assert!(keep(&place, TEXT, b"code").is_err());
        let left: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [place]);
        let place = folder.join("another.code");
        keep(&place, TEXT, b"code").unwrap();
        assert_eq!(fs::read(place).unwrap(), kept(b"code"));
        fs::remove_dir_all(folder).unwrap();
    }
}
