//! Splitting: a table of cases, and what holds for every text.

use hongyan_text::{Dialect, Form, TooLong, render, split, split_measured};
use proptest::prelude::*;

fn text(source: &str, limit: usize) -> Vec<String> {
    split(source, Form::Text, limit, false).unwrap()
}

fn markdown(source: &str, limit: usize) -> Vec<String> {
    split(source, Form::Markdown, limit, false).unwrap()
}

#[test]
fn a_text_that_fits_is_left_alone() {
    assert_eq!(split("短", Form::Text, 3, true).unwrap(), ["短"]);
    assert_eq!(split("", Form::Markdown, 0, true).unwrap(), [""]);
}

#[test]
fn the_best_place_is_taken() {
    assert_eq!(text("one two\n\nthree four\nfive", 20), ["one two\n\n", "three four\nfive"], "paragraph");
    assert_eq!(text("one. two three\nfour five", 18), ["one. two three\n", "four five"], "line");
    assert_eq!(text("One is. Two are three", 14), ["One is. ", "Two are three"], "sentence");
    assert_eq!(text("甲乙丙。丁戊己庚", 18), ["甲乙丙。", "丁戊己庚"], "a Chinese sentence");
    assert_eq!(text("alpha beta gamma", 12), ["alpha beta ", "gamma"], "word");
    assert_eq!(text("中文字abcdef", 12), ["中文字", "abcdef"], "a word beside characters");
    assert_eq!(text("abcdefgh", 3), ["abc", "def", "gh"], "anything");
}

#[test]
fn a_character_and_a_grapheme_stay_whole() {
    assert_eq!(text("中中中", 4), ["中", "中", "中"]);
    let family = "👨‍👩‍👧";
    assert_eq!(text(&format!("ab{family}"), family.len() + 1), ["ab", family]);
    assert_eq!(text("a\r\nb", 2), ["a", "\r\n", "b"]);
    assert_eq!(split("中", Form::Text, 2, false), Err(TooLong { size: 3, limit: 2 }));
}

#[test]
fn links_and_code_stay_whole() {
    let parts = text("see https://example.com/a.b?c=d for it", 30);
    assert_eq!(parts, ["see ", "https://example.com/a.b?c=d ", "for it"]);
    assert_eq!(markdown("words [a b c](https://x.cn/1) more", 26), ["words ", "[a b c](https://x.cn/1) ", "more"]);
    assert_eq!(markdown("run `ls -l -a` now", 13), ["run ", "`ls -l -a` ", "now"]);
    let error = split("x `a b c d e f` y", Form::Markdown, 8, false).unwrap_err();
    assert_eq!(error, TooLong { size: 13, limit: 8 });
    assert!(error.to_string().contains("13"));
}

#[test]
fn a_fence_that_is_cut_is_closed_and_opened_again() {
    let parts = markdown("```sh\none\ntwo\nthree\n```\nend\n", 20);
    assert_eq!(parts, ["```sh\none\ntwo\n```\n", "```sh\nthree\n```\nend\n"]);
    let quoted = markdown("> ~~~\n> one\n> two\n> three\n> ~~~\n", 25);
    assert_eq!(quoted, ["> ~~~\n> one\n> two\n> ~~~\n", "> ~~~\n> three\n> ~~~\n"]);
}

#[test]
fn a_fence_goes_whole_where_it_can() {
    let parts = markdown("some words here\n\n```\na\n\nb\n```\n", 24);
    assert_eq!(parts, ["some words here\n\n", "```\na\n\nb\n```\n"]);
}

#[test]
fn a_table_that_is_cut_repeats_its_header() {
    let parts = markdown("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |\n\nend", 42);
    assert_eq!(parts, ["| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n", "| a | b |\n|---|---|\n| 5 | 6 |\n\nend"]);
    assert!(split("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n", Form::Markdown, 21, false).is_err());
}

#[test]
fn numbers_stand_on_a_line_of_their_own_within_the_limit() {
    let parts = split("one two three four", Form::Text, 16, true).unwrap();
    assert_eq!(parts, ["(1/3)\none two", "(2/3)\nthree", "(3/3)\nfour"]);
    let many = split(&"字 ".repeat(400), Form::Text, 26, true).unwrap();
    assert!(many.len() > 99 && many.iter().all(|part| part.len() <= 26));
    assert!(many[0].starts_with(&format!("(1/{})\n", many.len())));
}

#[test]
fn what_grows_on_its_way_is_measured_as_it_goes() {
    let source = "a\"b ".repeat(100);
    let measure = |part: &str| part.replace('"', "\\\"").len() + 20;
    let parts = split_measured(&source, Form::Text, 100, measure).unwrap();
    assert!(parts.len() > 4 && parts.iter().all(|part| measure(part) <= 100));
    assert!(split_measured("abc", Form::Text, 2, |_| 3).is_err());
}

#[test]
fn hostile_sources_take_no_time() {
    for source in
        ["[".repeat(50_000), "`".repeat(50_000), "> ".repeat(50_000), "| ".repeat(50_000), "a\u{301}".repeat(20_000)]
    {
        let _ = split(&source, Form::Markdown, 2_048, true);
    }
}

/// Pieces of Markdown without fences and tables, so that nothing is repaired.
fn plain_pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z]{1,9} ",
        "[中文字符测试。，！]{1,9}",
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("👩‍🚒é\r\n".to_owned()),
        Just("**bold** ".to_owned()),
        Just("> quote\n".to_owned()),
        Just("[l](https://a.cn)".to_owned()),
        Just("`c d`".to_owned()),
    ];
    prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn parts_join_to_the_source(source in plain_pieces(), limit in 60_usize..200) {
        for form in [Form::Text, Form::Markdown] {
            // A link or code span may grow together with what the generator put beside it.
            let Ok(parts) = split(&source, form, limit, false) else { continue };
            prop_assert!(parts.iter().all(|part| part.len() <= limit));
            prop_assert_eq!(parts.concat(), source.as_str());
        }
    }

    #[test]
    fn any_text_joins_and_fits(source in any::<String>(), limit in 4_usize..50) {
        if let Ok(parts) = split(&source, Form::Text, limit, false) {
            prop_assert!(parts.iter().all(|part| part.len() <= limit));
            prop_assert_eq!(parts.concat(), source);
        }
    }

    #[test]
    fn numbered_and_repaired_parts_fit(source in "([a-z|`> \n-]{0,12}(```|~~~|\n|--|字|\\[a\\]\\(b c\\)|\\| a \\|\n\\|---\\|\n\\| b \\|\n)){0,30}", limit in 20_usize..120) {
        for numbered in [false, true] {
            for form in [Form::Text, Form::Markdown] {
                if let Ok(parts) = split(&source, form, limit, numbered) {
                    prop_assert!(parts.iter().all(|part| part.len() <= limit), "{:?}", parts);
                    for (n, part) in (1..).zip(&parts) {
                        let number = format!("({n}/");
                        prop_assert!(!numbered || parts.len() == 1 || part.starts_with(&number));
                    }
                }
            }
        }
    }

    #[test]
    fn code_stays_code_and_words_stay_words(
        blocks in prop::collection::vec((any::<bool>(), prop::collection::vec("[a-z]{1,12}( [a-z]{1,9}){0,2}", 1..12)), 1..6),
        limit in 70_usize..160,
    ) {
        let write = |(is_code, lines): &(bool, Vec<String>)| {
            let text = lines.join("\n");
            if *is_code { format!("```rust\n{text}\n```\n\n") } else { format!("{text}\n\n") }
        };
        let source: String = blocks.iter().map(write).collect();
        let parts = split(&source, Form::Markdown, limit, false).unwrap();
        // A line of code is written as code, a line of words as words: this tells them apart.
        let lines = |source: &str| -> Vec<String> {
            let out = render(source, Dialect::WeCom);
            out.split('\n').map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
        };
        let flat = |lines: Vec<String>| -> String { lines.concat().replace("``", "").replace(' ', "") };
        let of_parts: Vec<String> = parts.iter().flat_map(|part| lines(part)).collect();
        prop_assert_eq!(flat(of_parts), flat(lines(&source)), "{:?}", parts);
    }

    #[test]
    fn what_fits_is_one_part(source in any::<String>()) {
        prop_assert_eq!(split(&source, Form::Markdown, source.len(), true).unwrap(), [source]);
    }
}
