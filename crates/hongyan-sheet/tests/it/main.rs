//! Tables in and out.

use hongyan_core::Side;
use hongyan_sheet::{Kind, Sheet, Unread};
use proptest::prelude::*;
use serde_json::{Value, json};

fn csv(text: &str) -> Result<Sheet, Unread> {
    Sheet::read(text.as_bytes(), Kind::Csv)
}

fn json(text: &str) -> Result<Sheet, Unread> {
    Sheet::read(text.as_bytes(), Kind::Json)
}

fn rows(sheet: &Sheet) -> Value {
    json!([sheet.columns(), sheet.rows()])
}

#[test]
fn csv_is_read_as_databases_write_it() {
    for (text, expected) in [
        ("a,b\r\n1,2\r\n", json!([["a", "b"], [["1", "2"]]])),
        ("\u{feff}账户,持仓\nA,1", json!([["账户", "持仓"], [["A", "1"]]])),
        ("a,b\n\"x, \"\"y\"\"\n2\",\n", json!([["a", "b"], [["x, \"y\"\n2", ""]]])),
        ("a,b\n1,2\n\n\n3,4\n\n", json!([["a", "b"], [["1", "2"], ["3", "4"]]])),
        ("a\n1\n\n2\n", json!([["a"], [["1"], [""], ["2"]]])),
        ("a\n\"\"\n", json!([["a"], [[""]]])),
        ("a,b\n", json!([["a", "b"], []])),
        ("", json!([[], []])),
        ("\n\n", json!([[], []])),
        ("a,a\n1,\n", json!([["a", "a"], [["1", ""]]])),
    ] {
        assert_eq!(rows(&csv(text).unwrap()), expected, "{text:?}");
    }
}

#[test]
fn tables_with_tabs_are_read_as_mysql_and_clipboards_write_them() {
    for (text, expected) in [
        ("id\tname\n1\tA, B\n2\tNULL\n", json!([["id", "name"], [["1", "A, B"], ["2", null]]])),
        ("a\tb\nx\\ny\\tz\tC:\\\\new\n", json!([["a", "b"], [["x\ny\tz", "C:\\new"]]])),
        ("path\tn\r\nC:\\new\\x\t1\r\n", json!([["path", "n"], [["C:\\new\\x", "1"]]])),
        ("a\tb\n\"x\ty\"\t\"say \"\"hi\"\"\"\n", json!([["a", "b"], [["x\ty", "say \"hi\""]]])),
        ("a\tb\n5\" disk\t\"x\n", json!([["a", "b"], [["5\" disk", "\"x"]]])),
        ("a\tb\n1\t\n\t2\n", json!([["a", "b"], [["1", ""], ["", "2"]]])),
        ("a,b\tc\n1,2\n", json!([["a", "b\tc"], [["1", "2"]]])),
        ("账户\t持仓\t备注,说明\nA\t1\tx,y\n", json!([["账户", "持仓", "备注,说明"], [["A", "1", "x,y"]]])),
    ] {
        assert_eq!(rows(&csv(text).unwrap()), expected, "{text:?}");
    }
    assert_eq!(csv("a\tb\n1\tNULL\n2\t3\n").unwrap().numbers(), [0, 1], "no value is no word");
    let error = csv("a\tb\n1\n").unwrap_err();
    assert!(error.message.en.contains("tabs"), "{error}");
    assert_eq!(Kind::of("x.tsv", b"[1"), Kind::Csv);
}

#[test]
fn numbers_that_64_bits_would_round_are_kept() {
    let sheet = json(r#"[{"id":123456789012345678901,"n":0.12345678901234567891,"s":5}]"#).unwrap();
    assert_eq!(sheet.rows()[0], [json!("123456789012345678901"), json!("0.12345678901234567891"), json!(5)]);
    assert_eq!(csv("id\n123456789012345678901\n").unwrap().rows()[0], [json!("123456789012345678901")]);
}

#[test]
fn an_error_names_the_line() {
    for (bytes, at, words) in [
        (&b"a,b\n1,2\n3\n"[..], "line 3", "row 2 has 1 cells, the header has 2"),
        (b"a,b\n\"1\n\n2\",3\n4,5,6\n", "line 5", "row 2 has 3 cells"),
        (b"a\n\"1\n2\n", "line 2", "never closed"),
        (b"a\n\"1\"2\n", "line 2", "closing quote"),
        (b"a\nx\n\xd5\xcb\xbb\xa7\n", "line 3", "iconv -f GB18030"),
        (b"\xff\xfea\0", "line 1", "UTF-16"),
    ] {
        let error = Sheet::read(bytes, Kind::Csv).unwrap_err();
        assert_eq!(error.at.to_string(), at);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn json_is_read_in_every_form() {
    let expected = json!([["a", "b"], [[1, "x"], [null, "y"]]]);
    for text in [
        r#"[{"a":1,"b":"x"},{"b":"y"}]"#,
        r#"[["a","b"],[1,"x"],[null,"y"]]"#,
        r#"{"columns":["a","b"],"rows":[[1,"x"],[null,"y"]]}"#,
        "{\"a\":1,\"b\":\"x\"}\n{\"b\":\"y\"}\n",
        "[\"a\",\"b\"]\n[1,\"x\"]\n[null,\"y\"]\n",
    ] {
        assert_eq!(rows(&json(text).unwrap()), expected, "{text}");
    }
    assert_eq!(rows(&json(r#"{"a":[1],"b":{"c":2}}"#).unwrap()), json!([["a", "b"], [["[1]", "{\"c\":2}"]]]));
    for empty in ["", " \n", "[]"] {
        assert!(json(empty).unwrap().is_empty());
    }
}

#[test]
fn what_is_no_table_is_refused_with_its_place() {
    for (text, at) in [
        ("[1]", "entry 1"),
        (r#"[{"a":1},[2]]"#, "entry 2"),
        (r#"[["a"],[1],[1,2]]"#, "rows[1]"),
        (r#"{"columns":["a"],"rows":[[1],{"a":1}]}"#, "entry 2"),
        ("[{\"a\":1},\n{", "line 2"),
    ] {
        assert_eq!(json(text).unwrap_err().at.to_string(), at, "{text}");
    }
    let wide = (0..201).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let error = csv(&format!("{wide}\n")).unwrap_err();
    assert!(error.at.to_string() == "columns" && error.message.en.contains("at most 200"), "{error}");
    let long = format!("a\n{}", "1\n".repeat(100_001));
    assert!(csv(&long).unwrap_err().message.en.contains("more than 100000 rows"));
}

#[test]
fn the_kind_is_told_by_the_name_or_by_the_first_character() {
    for (name, bytes, kind) in [
        ("a.csv", "[1]", Kind::Csv),
        ("a.JSON", "a,b", Kind::Json),
        ("-", "\u{feff} [", Kind::Json),
        ("-", "{", Kind::Json),
        ("-", "a,b", Kind::Csv),
        ("a.txt", "", Kind::Csv),
    ] {
        assert_eq!(Kind::of(name, bytes.as_bytes()), kind, "{name} {bytes}");
    }
}

#[test]
fn numbers_stand_at_the_right() {
    let sheet =
        csv("id,sum,share,code,none,date\nA,-5,12.5%,007,,2026-11-22\nB,\"1,183\",3%,010,,2026-11-23\n").unwrap();
    use Side::{Left, Right};
    assert_eq!(sheet.sides(), [Left, Right, Right, Left, Left, Left]);
    let sheet = json(r#"[{"a":1,"b":"x","c":null},{"a":2.5,"b":2,"c":null}]"#).unwrap();
    assert_eq!(sheet.sides(), [Right, Left, Left]);
}

#[test]
fn csv_for_excel_has_a_mark_and_no_formulas() {
    let cells = json!([["=cmd()", "-5", "-5+1", "+86138", "@x", "a,b", "l1\nl2", " x", "", "＝1"]]);
    let columns = (0..10).map(|n| n.to_string()).collect();
    let sheet = Sheet::of_rows(columns, serde_json::from_value(cells).unwrap()).unwrap();
    let text = String::from_utf8(sheet.csv()).unwrap();
    let expected = "\u{feff}0,1,2,3,4,5,6,7,8,9\r\n'=cmd(),-5,'-5+1,'+86138,'@x,\"a,b\",\"l1\nl2\",\" x\",,'＝1\r\n";
    assert_eq!(text, expected);
    let number = Sheet::of_rows(vec!["=a".into()], vec![vec![json!(-5)], vec![Value::Null]]).unwrap();
    assert_eq!(String::from_utf8(number.csv()).unwrap(), "\u{feff}'=a\r\n-5\r\n\"\"\r\n");
}

#[test]
fn no_formula_stands_behind_what_others_take_for_the_end_of_a_cell() {
    for (cell, expected) in [
        (";=1+1", ";'=1+1"),
        ("a;=1+1;+2-1", "a;'=1+1;'+2-1"),
        ("a; \"=1", "\"a; \"\"'=1\""),
        ("a\n@x", "\"a\n'@x\""),
        ("a|=cmd|'/C calc'!A0", "a|'=cmd|'/C calc'!A0"),
        ("a\t-x", "a\t'-x"),
        ("；=1", "；=1"),
        ("a;-5;b", "a;-5;b"),
        ("\"=1", "\"\"\"=1\""),
        ("a - b; c", "a - b; c"),
    ] {
        let sheet = Sheet::of_rows(vec!["h".into()], vec![vec![json!(cell)]]).unwrap();
        assert_eq!(String::from_utf8(sheet.csv()).unwrap(), format!("\u{feff}h\r\n{expected}\r\n"), "{cell:?}");
    }
}

#[test]
fn the_same_table_is_the_same_workbook() {
    let sheet = csv("a,b\nx,1\n").unwrap();
    let book = sheet.xlsx("持仓/超限").unwrap();
    assert_eq!(book, sheet.xlsx("持仓/超限").unwrap());
    assert!(book.starts_with(b"PK"));
    assert!(Sheet::default().xlsx("").unwrap().starts_with(b"PK"));
}

#[test]
fn a_text_that_reads_as_a_power_stays_a_text_in_a_workbook() {
    let sheet = csv("sku,amount\n1e5,12.50\n2E+3,-7\n").unwrap();
    let mut book = zip::ZipArchive::new(std::io::Cursor::new(sheet.xlsx("t").unwrap())).unwrap();
    let mut part = |name| std::io::read_to_string(book.by_name(name).unwrap()).unwrap();
    let (texts, page) = (part("xl/sharedStrings.xml"), part("xl/worksheets/sheet1.xml"));
    assert!(["<t>1e5</t>", "<t>2E+3</t>"].iter().all(|text| texts.contains(text)), "{texts}");
    assert!(["<v>12.5</v>", "<v>-7</v>"].iter().all(|number| page.contains(number)), "{page}");
}

#[test]
fn a_cell_that_no_workbook_holds_is_named() {
    let sheet = Sheet::of_rows(vec!["a".into()], vec![vec![json!("x")], vec![json!("长".repeat(32_768))]]).unwrap();
    let error = sheet.xlsx("t").unwrap_err();
    assert!(error.at.to_string() == "rows[1]" && error.message.en.contains("csv"), "{error}");
    let fits = Sheet::of_rows(vec!["a".into()], vec![vec![json!("长".repeat(32_767))]]).unwrap();
    assert!(fits.xlsx("t").is_ok());
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9,\"\r\n 长=|`-]{0,8}", "\\PC{0,6}"]
}

proptest! {
    #[test]
    fn csv_comes_back_as_it_went(table in (1_usize..5).prop_flat_map(|width| {
        prop::collection::vec(prop::collection::vec(cell(), width), 1..8)
    })) {
        // What a spreadsheet would calculate is changed on purpose.
        let risky = |text: &String| {
            let leads = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
            let mut cells = text.split([';', '|', '\t', '\n', '\r']);
            let first = cells.next().is_some_and(|cell| cell.starts_with(leads));
            let behind = cells.any(|cell| cell.trim_start_matches([' ', '"']).starts_with(leads));
            first || behind || text.starts_with(['\t', '\r'])
        };
        prop_assume!(!table.iter().flatten().any(risky));
        let columns = table[0].clone();
        let rows: Vec<Vec<Value>> =
            table[1..].iter().map(|row| row.iter().map(|cell| Value::from(cell.as_str())).collect()).collect();
        let sheet = Sheet::of_rows(columns.clone(), rows.clone()).unwrap();
        let written = sheet.csv();
        // A header without a name is a blank line, which is none.
        if columns.len() > 1 || !columns[0].is_empty() {
            let back = Sheet::read(&written, Kind::Csv).unwrap();
            prop_assert_eq!((back.columns(), back.rows()), (columns.as_slice(), rows.as_slice()));
        }
        // And so does another reader see it.
        let mut other = csv::ReaderBuilder::new().has_headers(false).from_reader(&written[3..]);
        let records: Vec<Vec<String>> =
            other.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        prop_assert_eq!(records, table);
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "[a{}\\[\\]\",:1\r\n\\\\]{0,40}") {
        let _ = csv(&text);
        let _ = json(&text);
    }

    #[test]
    fn every_other_readers_csv_is_read_alike(table in prop::collection::vec(prop::collection::vec(cell(), 3), 1..6)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let sheet = Sheet::read(&writer.into_inner().unwrap(), Kind::Csv).unwrap();
        prop_assert_eq!(sheet.columns(), table[0].as_slice());
        let expected: Vec<Vec<Value>> =
            table[1..].iter().map(|row| row.iter().map(|cell| Value::from(cell.as_str())).collect()).collect();
        prop_assert_eq!(sheet.rows(), expected.as_slice());
    }
}
