//! The third voice: the platform's own examples against our declarations.

use hongyan_endpoint::{Platform, audit};
use hongyan_wecom::WeCom;
use std::{fs, path::Path};

#[test]
fn every_declaration_agrees_with_the_platforms_own_example() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let files = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
    });
    assert_eq!(audit::fixtures::<WeCom>(files.collect()), Vec::<String>::new());
}

#[test]
fn a_missing_an_orphan_and_a_broken_fixture_are_each_named() {
    let files = vec![("token.get.json".into(), "{".into()), ("nobody.json".into(), "{}".into())];
    let faults = audit::fixtures::<WeCom>(files);
    let declared = WeCom::endpoints().len();
    assert_eq!(faults.len(), declared + 1, "one for each declaration, one for the orphan: {faults:?}");
    assert!(faults.iter().any(|f| f.starts_with("nobody.json: no declaration")), "{faults:?}");
    assert!(faults.iter().any(|f| f.starts_with("token.get: the fixture is not read")), "{faults:?}");
    assert_eq!(faults.iter().filter(|f| f.ends_with(": no fixture")).count(), declared - 1);
}
