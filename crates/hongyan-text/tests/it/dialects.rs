//! Every construct in every dialect, as it must be written.

use hongyan_text::{Dialect, render};
use proptest::prelude::*;

fn all(source: &str) -> [String; 4] {
    [Dialect::DingTalk, Dialect::WeCom, Dialect::WeComV2, Dialect::Plain].map(|dialect| render(source, dialect))
}

fn html(source: &str) -> String {
    let whole = render(source, Dialect::Html);
    let inner = whole.strip_prefix("<div style=\"font-family:sans-serif;line-height:1.6\">\n").unwrap();
    inner.strip_suffix("</div>\n").unwrap().trim_end().to_owned()
}

#[test]
fn marks_in_a_line() {
    assert_eq!(all("**粗** *斜* ~~删~~"), ["**粗** *斜* 删", "**粗** 斜 删", "**粗** *斜* 删", "粗 斜 删"]);
    assert_eq!(html("**粗** *斜* ~~删~~"), "<p><strong>粗</strong> <em>斜</em> <del>删</del></p>");
    assert_eq!(all("run `ls *`"), ["run ls *", "run `ls *`", "run `ls *`", "run ls *"]);
    assert_eq!(html("run `a<b`"), "<p>run <code>a&lt;b</code></p>");
}

#[test]
fn lines_stay_lines() {
    assert_eq!(all("a\nb\n\nc"), ["a  \n  b\n\nc", "a\nb\n\nc", "a  \nb\n\nc", "a\nb\n\nc"]);
    assert_eq!(html("a\nb"), "<p>a<br>\nb</p>");
}

#[test]
fn headings_and_rules() {
    assert_eq!(all("# 一\n\n###### 六"), ["# 一\n\n###### 六", "# 一\n\n###### 六", "# 一\n\n###### 六", "一\n\n六"]);
    assert_eq!(all("a\n\n---"), ["a\n\n---", "a\n\n——————", "a\n\n---", "a\n\n---"]);
    assert_eq!(html("## 二\n\n---"), "<h2>二</h2>\n<hr>");
}

#[test]
fn quotes() {
    assert_eq!(all("> a\n> > b"), ["> a\n>\n> > b", "> a\n>\n> b", "> a\n>\n> > b", "> a\n>\n> > b"]);
    assert!(html("> a").contains("<p>a</p>\n</blockquote>"));
}

#[test]
fn lists() {
    let list = "- a\n- b\n  1. c\n  2. d";
    assert!(all(list).iter().all(|out| out == "- a\n- b\n  1. c\n  2. d"));
    assert_eq!(all("3) x\n4) y")[0], "3. x\n4. y");
    assert_eq!(html("- a\n- b"), "<ul>\n<li>a</li>\n<li>b</li>\n</ul>");
    assert_eq!(html("3. a"), "<ol start=\"3\">\n<li>a</li>\n</ol>");
}

#[test]
fn links_and_images() {
    let link = "[看板](https://example.com/a)";
    assert_eq!(all(link), [link, link, link, "看板 (https://example.com/a)"]);
    assert_eq!(html(link), "<p><a href=\"https://example.com/a\">看板</a></p>");
    assert_eq!(all("<https://example.com>")[3], "https://example.com");
    let image = "![图](https://example.com/a.png)";
    let as_link = "[图](https://example.com/a.png)";
    assert_eq!(all(image), [image, as_link, image, "图 (https://example.com/a.png)"]);
    assert_eq!(html(image), "<p><img src=\"https://example.com/a.png\" alt=\"图\"></p>");
    assert_eq!(all("![](@lADOADmaWMzazQKA)")[0], "![](@lADOADmaWMzazQKA)", "a media id");
}

#[test]
fn a_target_that_runs_is_left_out() {
    for target in ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "vbscript:x"] {
        let source = format!("[a]({target}) ![b]({target})");
        assert!(all(&source).iter().all(|out| out == "a b"), "{target}");
        assert_eq!(html(&source), "<p>a b</p>");
    }
    assert_eq!(html("[a](ftp://example.com)"), "<p>a</p>");
    assert_eq!(html("[a](mailto:a@example.com)"), "<p><a href=\"mailto:a@example.com\">a</a></p>");
}

#[test]
fn code_blocks() {
    let code = "```sh\nif x\n  *y\n```";
    assert_eq!(
        all(code),
        ["> if x  \n>   \u{a0}\u{a0}*y", "`if x`\n`  *y`", "```\nif x\n  *y\n```", "    if x\n      *y"]
    );
    assert!(html(code).ends_with("<code>if x\n  *y</code></pre>"));
    assert_eq!(all("````\n```\n````")[2], "````\n```\n````");
}

#[test]
fn tables() {
    let table = "| 节点 | n |\n|:--|--:|\n| dn-3 | 5 |\n| 中 | 10 |";
    assert_eq!(
        all(table),
        [
            "节点 |  n  \n  dn-3 |  5  \n  中   | 10",
            "节点 |  n\ndn-3 |  5\n中   | 10",
            "| 节点 | n |\n| :-- | --: |\n| dn-3 | 5 |\n| 中 | 10 |",
            "节点 |  n\ndn-3 |  5\n中   | 10",
        ]
    );
    assert!(html(table).contains("<th style=\"border:1px solid #ccc;padding:4px 8px;text-align:right\">n</th>"));
}

#[test]
fn a_cell_has_lines_where_its_dialect_has_them() {
    let table = "| a |\n|---|\n| b<br>c&lt;br&gt;<br/>d |\n\ne<br>f";
    assert_eq!(
        all(table),
        [
            "a  \n  b c&lt;br> d\n\ne&lt;br>f",
            "a\nb c&lt;br> d\n\ne&lt;br>f",
            "| a |\n| --- |\n| b c&lt;br> d |\n\ne&lt;br>f",
            "a\nb c<br> d\n\ne<br>f"
        ]
    );
    assert!(html(table).contains(">b<br>\nc&lt;br&gt;<br>\nd</td>"), "{}", html(table));
}

#[test]
fn colours_are_wecoms_own() {
    let source = "状态 <font color=\"warning\">**离线**</font> 了";
    assert_eq!(
        all(source),
        ["状态 **离线** 了", "状态 <font color=\"warning\">**离线**</font> 了", "状态 **离线** 了", "状态 离线 了"]
    );
    assert_eq!(html("<font color=\"info\">a</font>"), "<p><span style=\"color:#2e7d32\">a</span></p>");
    for (tag, wecom, css) in [
        ("<font color=\"red\">", Some("warning"), Some("red")),
        ("<font color='#FF0000'>", Some("warning"), Some("#ff0000")),
        ("<font color=#f60>", Some("warning"), Some("#f60")),
        ("<FONT face=\"x\" COLOR=\"Green\">", Some("info"), Some("green")),
        ("<font color=\"#00B050\" >", Some("info"), Some("#00b050")),
        ("<font color=\"#999\">", Some("comment"), Some("#999")),
        ("<font color=\"#1e90ff\">", None, Some("#1e90ff")),
        ("<font color=\"url(x)\">", None, None),
        ("<font size=\"5\">", None, None),
        ("<font>", None, None),
    ] {
        let source = format!("{tag}离线</font>了");
        let marked = |wecom: &str| format!("<font color=\"{wecom}\">离线</font>了");
        assert_eq!(render(&source, Dialect::WeCom), wecom.map_or("离线了".to_owned(), marked), "{tag}");
        assert_eq!(render(&source, Dialect::DingTalk), "离线了", "{tag}");
        let span = |css: &str| format!("<p><span style=\"color:{css}\">离线</span>了</p>");
        assert_eq!(html(&source), css.map_or("<p>离线了</p>".to_owned(), span), "{tag}");
    }
    // On lines of their own they are no block of HTML.
    let lines = "<font color=\"warning\">\n离线\n</font>";
    assert_eq!(render(lines, Dialect::Plain).trim(), "离线");
    assert_eq!(render("**<font color='info'>a**", Dialect::WeCom), "**<font color=\"info\">a</font>**");
}

#[test]
fn html_in_the_source_is_text() {
    let source = "<script>alert(1)</script>";
    assert_eq!(html(source), "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
    assert_eq!(all(source)[1], "&lt;script>alert(1)&lt;/script>");
    assert_eq!(all(source)[3], source, "plain text is read by nobody as HTML");
    assert_eq!(html("a <b onclick=\"x\">b</b>"), "<p>a &lt;b onclick=&quot;x&quot;&gt;b&lt;/b&gt;</p>");
}

#[test]
fn text_that_looks_like_a_mark_means_itself() {
    assert_eq!(all("\\# a \\*b\\* snake_case [告警] 2 * 3")[0], "\\# a \\*b\\* snake_case [告警] 2 * 3");
    assert_eq!(all("1\\. a")[2], "1\\. a");
    assert_eq!(all("a &lt;b&gt; &amp;amp; AT&T")[3], "a <b> &amp; AT&T");
}

#[test]
fn hostile_sources_take_no_time_and_no_stack() {
    for source in ["> ".repeat(20_000) + "x", "- ".repeat(20_000) + "x", "*a **b ".repeat(20_000), "[".repeat(50_000)] {
        all(&source);
        html(&source);
    }
    for piece in [
        "a://b* ",
        "/a/b_ ",
        "https://a/))]",
        "**级：**严",
        "<font ",
        "王*明、",
        "3*4",
        "\\\\a\\b ",
        "&amp",
        "`_*~ ",
        "字/a字",
        "C:\\",
        "**/",
        "a** ",
        "中**",
        "=a*",
        "__a_",
        "a_",
        "王**（",
        "*a ***b ",
        "https://中*",
        "<a:",
    ] {
        let source = piece.repeat(5_000);
        all(&source);
        html(&source);
    }
    let fonts = "<font color=\"info\">".repeat(20_000) + "x";
    assert!(render(&fonts, Dialect::WeCom).len() < fonts.len());
}

fn fragments() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<script>"),
        Just("</script>"),
        Just("<script "),
        Just("<font color=\"info\">"),
        Just("</font>"),
        Just("&lt;script"),
        Just("\n"),
        Just("\n\n"),
        Just("> "),
        Just("- "),
        Just("1. "),
        Just("# "),
        Just("**"),
        Just("__"),
        Just("~~"),
        Just("(%)"),
        Just("https://a.cn/?q="),
        Just("`"),
        Just("*"),
        Just("["),
        Just("](https://a.cn)"),
        Just("](javascript:x)"),
        Just("![a"),
        Just("| a | b |\n|---|---|\n"),
        Just("| c |"),
        Just("    "),
        Just("字"),
        Just("a "),
        Just("\\"),
        Just("&"),
        Just("<"),
        Just("!"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_panics_and_no_script_gets_out(source in fragments()) {
        for dialect in [Dialect::DingTalk, Dialect::WeComV2, Dialect::WeCom, Dialect::Html] {
            let out = render(&source, dialect);
            // In WeCom's code, which is literal, it may stand.
            let code = out.contains('`') && !matches!(dialect, Dialect::DingTalk | Dialect::Html);
            prop_assert!(code || !out.to_lowercase().contains("<script"), "{:?}: {:?}", dialect, out);
        }
        let _ = render(&source, Dialect::Plain);
    }

    #[test]
    fn any_source_is_taken(source in any::<String>()) {
        for dialect in [Dialect::DingTalk, Dialect::WeCom, Dialect::WeComV2, Dialect::Html, Dialect::Plain] {
            let _ = render(&source, dialect);
        }
    }

    #[test]
    fn plain_text_keeps_addresses(label in "[a-z字 ]{0,9}", path in "[a-z0-9/]{0,12}") {
        let url = format!("https://example.com/{path}");
        let out = render(&format!("x [{label}]({url}) y"), Dialect::Plain);
        prop_assert!(out.contains(&url), "{}", out);
    }
}
