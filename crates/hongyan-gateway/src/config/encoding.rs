//! A file's bytes as text, and what they are when they are none: editors on Windows save Chinese as GBK.

use std::fmt;

/// Why bytes are no UTF-8 text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotUtf8 {
    /// They begin with the mark of UTF-16.
    Utf16,
    /// From this line on they are not UTF-8, and every pair of bytes there is a character of GBK.
    Gbk(usize),
    /// In this line they are neither.
    Neither(usize),
}

impl NotUtf8 {
    /// The line, where there is one.
    pub(crate) fn line(self) -> Option<usize> {
        match self {
            Self::Utf16 => None,
            Self::Gbk(line) | Self::Neither(line) => Some(line),
        }
    }

    /// In Chinese.
    pub(crate) fn zh(self) -> &'static str {
        match self {
            Self::Utf16 => "文件是 UTF-16 编码：请用编辑器另存为 UTF-8",
            Self::Gbk(_) => "文件不是 UTF-8，看起来是 GBK（记事本中的 ANSI）：请用编辑器另存为 UTF-8",
            Self::Neither(_) => "文件不是 UTF-8：请用编辑器另存为 UTF-8",
        }
    }
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "is UTF-16: save it as UTF-8 in your editor",
            Self::Gbk(_) => "is not UTF-8 and looks like GBK (which some editors call ANSI): save it as UTF-8",
            Self::Neither(_) => "is not UTF-8: save it as UTF-8 in your editor",
        })
    }
}

/// The text, without a byte-order mark.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, NotUtf8> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(NotUtf8::Utf16);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        if is_gbk(bytes) { NotUtf8::Gbk(line) } else { NotUtf8::Neither(line) }
    })
}

/// Whether all that is not ASCII stands in pairs as GBK has them.
fn is_gbk(bytes: &[u8]) -> bool {
    let mut bytes = bytes.iter();
    while let Some(byte) = bytes.next() {
        if byte.is_ascii() {
            continue;
        }
        let second = bytes.next();
        if !(0x81..=0xfe).contains(byte) || !second.is_some_and(|byte| (0x40..=0xfe).contains(byte) && *byte != 0x7f) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_apart_by_what_they_are() {
        assert_eq!(text("a = \"张三\"".as_bytes()), Ok("a = \"张三\""));
        assert_eq!(text(b"\xef\xbb\xbfa = 1"), Ok("a = 1"), "a byte-order mark is no content");
        // 告警 in GBK.
        assert_eq!(text(b"[x]\nkeyword = \"\xb8\xe6\xbe\xaf\""), Err(NotUtf8::Gbk(2)));
        assert_eq!(text(b"\xff\xfea\0"), Err(NotUtf8::Utf16));
        assert_eq!(text(b"a\n\n\xff"), Err(NotUtf8::Neither(3)));
    }
}
