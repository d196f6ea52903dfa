//! What DuckDB reads of a file before it opens it: its last 512 bytes.
//!
//! Eight fields of 32 bytes, the last one first, then room for a signature of 256 bytes; ours is not signed. Source:
//! `ParseExtensionMetaData` in DuckDB's `extension_load.cpp`. Of the standard library alone: the test that loads the
//! extension includes this file, too.

/// The oldest version of DuckDB's C extension API that has all that the extension calls; as in its `api.rs`.
const API: &str = "v1.2.0";
/// A table of C functions that only grows: any DuckDB from [`API`] on may load it.
const ABI: &str = "C_STRUCT";
/// The footer's kind.
const MAGIC: &str = "4";
const FIELD_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 256;

/// DuckDB's name for a platform.
pub(crate) fn native(os: &str, arch: &str) -> Option<String> {
    let os = match os {
        "linux" | "windows" => os,
        "macos" => "osx",
        _ => return None,
    };
    let arch = match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        _ => return None,
    };
    Some(format!("{os}_{arch}"))
}

/// The footer of a library for a platform; `None` when a field is longer than DuckDB has room for.
pub(crate) fn write(platform: &str, version: &str) -> Option<Vec<u8>> {
    let mut footer = Vec::new();
    for field in ["", "", "", ABI, version, API, platform, MAGIC] {
        let start = footer.len();
        footer.extend(field.as_bytes());
        if footer.len() > start + FIELD_BYTES {
            return None;
        }
        footer.resize(start + FIELD_BYTES, 0);
    }
    footer.extend([0; SIGNATURE_BYTES]);
    Some(footer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_footer_has_its_fields_last_one_first_and_room_for_a_signature() {
        let footer = write("linux_amd64", "0.1.0").unwrap();
        assert_eq!(footer.len(), 512);
        let field = |number: usize| {
            let bytes = &footer[(7 - number) * 32..][..32];
            String::from_utf8(bytes.to_vec()).unwrap().trim_end_matches('\0').to_owned()
        };
        assert_eq!([0, 1, 2, 3, 4, 5].map(field), ["4", "linux_amd64", "v1.2.0", "0.1.0", "C_STRUCT", ""]);
        assert_eq!(write(&"x".repeat(33), "0.1.0"), None);
    }

    #[test]
    fn platforms_have_duckdbs_names() {
        assert_eq!(native("linux", "x86_64").as_deref(), Some("linux_amd64"));
        assert_eq!(native("macos", "aarch64").as_deref(), Some("osx_arm64"));
        assert_eq!(native("linux", "riscv64"), None);
    }
}
