use super::*;

fn read_bytes(bytes: &[u8], skip_bad_lines: bool) -> Result<Dataset, DatasetError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Dataset::read(file.path(), None, skip_bad_lines)
}

fn read(text: &str, skip_bad_lines: bool) -> Result<Dataset, DatasetError> {
    read_bytes(text.as_bytes(), skip_bad_lines)
}

/// What is read of one line: its answer, and what is said of the file.
#[track_caller]
fn check(line: &str, answer: Option<&str>, said: &str) {
    let dataset = read(line, false).unwrap();
    assert_eq!(dataset.questions[0].answer.as_deref(), answer, "{line}");
    assert!(dataset.to_string().contains(said), "{dataset}");
}

/// Why a file is refused.
#[track_caller]
fn refused(bytes: &[u8], said: &[&str]) {
    let error = read_bytes(bytes, false).unwrap_err().to_string();
    for part in said {
        assert!(error.contains(part), "`{part}` is not said: {error}");
    }
}

#[test]
fn a_malformed_line_is_named_by_its_number_and_passed_over_only_on_request() {
    let text =
        "{\"id\":\"a\",\"problem\":\"1+1?\",\"answer\":\"2\"}\n\n{\"id\":\"b\"\n{\"question\":\"2+2?\"}\n";
    refused(text.as_bytes(), &["line 3 of dataset", "--skip-bad-lines"]);
    let dataset = read(text, true).unwrap();
    let ids: Vec<_> = dataset.questions.iter().map(|q| q.id.as_str()).collect();
    assert_eq!((ids, dataset.skipped[0].line), (vec!["a", "line-4"], 3));
}

#[test]
fn empty_questions_and_repeated_ids_and_fields_are_bad_lines() {
    refused(b"{\"problem\":\"  \"}", &["the question is empty"]);
    refused(
        b"{\"id\":\"a\",\"problem\":\"x\"}\n{\"id\":\"a\",\"problem\":\"y\"}",
        &["line 2", "`a` was used"],
    );
    refused(b"{\"problem\":\"x\",\"answer\":1,\"answer\":2}", &["`answer` stands in it twice"]);
    refused(b"\n\n", &["holds no question"]);
}

#[test]
fn numbers_stand_for_their_digits_and_an_id_may_be_null() {
    let text = "\u{feff}{\"id\":7,\"problem\":\"x\",\"answer\":18}\n{\"id\":null,\"problem\":\"y\",\"answer\":0.25}\n{\"problem\":\"z\",\"answer\":null}";
    let dataset = read(text, false).unwrap();
    let found: Vec<_> = dataset.questions.iter().map(|q| (q.id.as_str(), q.answer.as_deref())).collect();
    assert_eq!(found, [("7", Some("18")), ("line-2", Some("0.25")), ("line-3", None)]);
    for answer in ["123456789012345678901234567890", "1e300", "[1]", "{}", "true"] {
        refused(format!("{{\"problem\":\"x\",\"answer\":{answer}}}").as_bytes(), &["line 1"]);
    }
}

#[test]
fn a_bad_line_is_never_called_line_1_for_where_its_parser_began() {
    let error = read("{\"problem\":\"x\"}\n{\"problem\": 5}\n", false).unwrap_err().to_string();
    assert!(error.contains("line 2 of") && !error.contains("line 1"), "{error}");
}

#[test]
fn layouts_that_datasets_are_published_in_give_their_final_answers() {
    let gsm8k = r#"{"question":"Q","answer":"6*7 = <<6*7=42>>42 pens.\n#### 1,042"}"#;
    check(gsm8k, Some("1,042"), "`question`, answer behind `####` in `answer`");
    let math = r#"{"problem":"Q","level":"Level 1","solution":"Half is $\\boxed{\\frac{1}{2}}$."}"#;
    check(math, Some("\\frac{1}{2}"), "`problem`, answer in the box of `solution`");
    let both = r#"{"problem":"Q","answer":"2","solution":"It is $\\boxed{3}$."}"#;
    check(both, Some("2"), "answer in `answer`");
    let verl =
        r#"{"prompt":[{"role":"user","content":"Q"}],"reward_model":{"style":"rule","ground_truth":"4"}}"#;
    check(verl, Some("4"), "the message in `prompt`, answer in `reward_model.ground_truth`");
    check(r#"{"Problem":"Q","Final-Answer":104}"#, Some("104"), "`Problem`, answer in `Final-Answer`");
    check(r#"{"problem":"Q","answer":"So \\boxed{7}."}"#, Some("7"), "in the box of `answer`");
    check(r#"{"problem":"Q","answer":"6 and 1.\nThe answer is 7."}"#, Some("7"), "as the text in `answer`");
    check(r#"{"problem":"Q","solution":"seven"}"#, None, "`problem`, no right answers");
}

#[test]
fn a_question_that_is_not_certain_is_refused_with_the_fields_that_are_there() {
    refused(br#"{"input":"x","target":3}"#, &["`input`, `target`", "`problem` or `question`"]);
    refused(br#"{"problem":"x","question":"y"}"#, &["both `problem` and `question`"]);
    refused(
        br#"{"prompt":[{"role":"system","content":"x"},{"role":"user","content":"y"}]}"#,
        &["2 messages"],
    );
    refused(br#"{"problem":["x"]}"#, &["`problem` is a list"]);
    refused(br#"{"problem":"x","answer":"It is\n####"}"#, &["behind `####`"]);
    refused(b"{}", &["the fields are none"]);
    refused(br#"{"question":"x","choices":["1","2"],"answer":1}"#, &["`choices` belongs to the question"]);
    refused(br#"{"Body":"She has 3.","Question":"How many?","Answer":3}"#, &["`Body` belongs"]);
    check(r#"{"question":"x","context":null,"options":[],"answer":1}"#, Some("1"), "`question`");
}

#[test]
fn blank_answers_are_none_and_the_reader_says_how_many_there_are() {
    let text = "{\"problem\":\"x\",\"answer\":\"\"}\n{\"problem\":\"y\",\"answer\":\" \\t\"}\n{\"problem\":\"z\",\"answer\":\"3\"}";
    let dataset = read(text, false).unwrap();
    assert_eq!(dataset.to_string(), "read 3 questions: `problem`, answer in `answer` (1 of 3 have one)");
}

#[test]
fn a_right_answer_that_is_a_whole_text_is_found() {
    let text = "{\"id\":\"a\",\"problem\":\"x\",\"answer\":\"In June it sells 5.\\nIn all that is 7 pens.\"}\n\
                {\"id\":\"b\",\"problem\":\"y\",\"answer\":\"i, s\"}\n{\"id\":\"c\",\"problem\":\"z\",\"answer\":\"Evelyn\"}";
    assert_eq!(read(text, false).unwrap().never_right(), ["a"]);
}

#[test]
fn files_of_other_kinds_are_named_with_the_way_out() {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    refused(&wide("\u{feff}{\"problem\":\"x\"}"), &["UTF-16", "iconv"]);
    refused(&wide("{\"problem\":\"x\"}"), &["UTF-16", "iconv"]);
    refused(b"PAR1\x15\0\x15", &["Parquet", "read_parquet"]);
    refused(b"\x1f\x8b\x08\0", &["gzip", "gunzip"]);
    refused(b"id,problem,answer\na,\"1 + 2?\",3\n", &["CSV", "read_csv"]);
    refused(b"Question\tAnswer\nx\t3\n", &["TSV"]);
    refused(b"text;label\n1 + 2?;3\n", &["CSV"]);
    refused(b"a, b\n{\"problem\":\"x\"}\n", &["line 1 of dataset", "no JSON object"]);
    refused(b"[\n{\"problem\":\"x\"}\n]\n", &["JSON array", "jq"]);
    refused(b"{\n\"problem\":\"x\"\n}\n", &["over several lines", "jq"]);
    refused(b"<!DOCTYPE html>\n<html>", &["web page"]);
}

#[test]
fn what_people_write_that_is_no_json_is_named() {
    refused(b"{\"problem\":\"0/0?\",\"answer\":NaN}", &["`NaN` is no value"]);
    refused(b"{\"problem\":\"x\",\"answer\":-Infinity}", &["`Infinity` is no value"]);
    refused(
        b"// notes\n{\"problem\":\"x\"},\n{\"problem\":\"y\",}",
        &["line 1", "comment", "a comma follows", "closing"],
    );
    refused(b"{\"problem\":\"x\"}\n\xef\xbb\xbf{\"problem\":\"y\"}", &["line 2", "byte order mark"]);
    refused(b"{'problem': 'x'}", &["single quotation marks"]);
    refused(b"{\"problem\":\"NaN // 'x' \xff\"}", &["not UTF-8"]);
    refused(b"{\"problem\":\"x\"} {\"problem\":\"y\"}", &["another object"]);
}

#[test]
fn all_lines_bad_names_the_first_of_them() {
    let error = read("a\nb\nc\nd\n", true).unwrap_err().to_string();
    assert!(error.contains("all 4 lines in it are bad") && error.contains("line 1"), "{error}");
    assert!(error.contains("line 3") && error.contains("and 1 more"), "{error}");
}

#[test]
fn lines_that_end_in_carriage_returns_alone_are_lines() {
    let dataset =
        read("{\"id\":\"a\",\"problem\":\"x\"}\r{\"id\":\"b\",\"problem\":\"y\"}\r", false).unwrap();
    assert_eq!(dataset.questions.len(), 2);
}
