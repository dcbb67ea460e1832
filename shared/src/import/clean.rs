//! Text as offices type it, made plain: full-width forms, spaces, tabs, apostrophes, line breaks.

use unicode_normalization::UnicodeNormalization as _;

/// Characters that are nothing but noise at the ends of a cell.
fn is_noise(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\'' | '‘' | '’' | '`' | '"' | '“' | '”')
}

/// Zero-width characters and controls, anywhere.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}') || (c.is_control() && !c.is_whitespace())
}

/// Codes and short words: half-width, without any white space, without the apostrophe that keeps Excel from rounding.
#[must_use]
pub(super) fn compact(text: &str) -> String {
    let half: String = text.nfkc().filter(|c| !c.is_whitespace() && !is_invisible(*c)).collect();
    half.trim_matches(is_noise).to_owned()
}

/// Free text: ends trimmed, line breaks and tabs to spaces. Punctuation stays as typed.
#[must_use]
pub(super) fn free(text: &str) -> String {
    let text: String = text.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A header cell for comparison: half-width, lower-case, no white space, no asterisks, colons or underscores.
#[must_use]
pub(super) fn header_key(text: &str) -> String {
    compact(text).chars().filter(|c| !matches!(c, '*' | '※' | '★' | ':' | '_' | '"' | '、' | '。')).flat_map(char::to_lowercase).collect()
}

/// `姓名(必填)` → `姓名`. Unpaired brackets stay.
#[must_use]
pub(super) fn without_brackets(key: &str) -> String {
    let mut rest = key;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once(['(', '[', '<', '【']) {
        let Some((_, behind)) = after.split_once([')', ']', '>', '】']) else { break };
        kept.push_str(before);
        rest = behind;
    }
    kept.push_str(rest);
    kept
}

/// Chinese characters, the rare ones of the later planes and of private use among them.
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{e000}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '〇' | '々')
}

/// A person's name.
///
/// Spaces between Chinese characters go (`张 三`), those of other scripts stay single. Every dot that separates the parts of a minority
/// name becomes `·` (U+00B7).
#[must_use]
pub(super) fn name(text: &str) -> String {
    let half: String = text.nfkc().filter(|c| !is_invisible(*c)).collect();
    let words: Vec<&str> = half.split(is_noise).filter(|word| !word.is_empty()).collect();
    let mut name = String::new();
    for word in words {
        let apart = name.chars().last().is_some_and(|c| c.is_alphabetic() && !is_han(c))
            && word.chars().next().is_some_and(|c| c.is_alphabetic() && !is_han(c));
        if apart {
            name.push(' ');
        }
        name.push_str(word);
    }
    let dots: String =
        name.chars().map(|c| if matches!(c, '•' | '‧' | '∙' | '⋅' | '・' | '●' | '﹒' | '.' | '。') && has_han(&name) { '·' } else { c }).collect();
    dots.trim_matches('·').to_owned()
}

fn has_han(text: &str) -> bool {
    text.chars().any(is_han)
}

/// Is this what a name can be? Letters of any script, `·`, hyphen, apostrophe and single spaces; no digits, brackets or lost characters.
#[must_use]
pub(super) fn is_name(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphabetic() || is_han(*c)).count();
    letters > 0
        && name.chars().count() <= 60
        && name.chars().all(|c| c.is_alphabetic() || is_han(c) || matches!(c, '·' | ' ' | '-' | '\'' | '\u{300}'..='\u{36f}'))
}

/// What a phone cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phone {
    /// Nothing, or a word for it.
    None,
    /// Digits of one number that looks right.
    Number(String),
    /// The first of several, or a number among other text.
    First(String),
    /// Digits that cannot be a phone number.
    Odd(String),
    /// No digits at all.
    Unreadable,
}

/// Reads a phone number: `199 2120 2792`, `+86 199-2120-2792`, `0871-1234567`, `139…/138…`.
#[must_use]
pub(super) fn phone(text: &str) -> Phone {
    let plain = compact(text);
    // A number that a spreadsheet kept as a number.
    let plain = plain.strip_suffix(".0").map(str::to_owned).unwrap_or(plain);
    if is_nothing(&plain) {
        return Phone::None;
    }
    // 1.39E+10: Excel's short form, most digits are gone.
    if plain
        .to_uppercase()
        .split_once('E')
        .is_some_and(|(head, tail)| head.contains('.') && tail.trim_start_matches('+').bytes().all(|b| b.is_ascii_digit()))
    {
        return Phone::Unreadable;
    }
    // White space was inside the number, other signs separate numbers; dashes and brackets belong to one.
    let joined: String = plain.chars().filter(|c| !matches!(c, '-' | '(' | ')' | '—' | '–' | '‐' | '_' | '.' | '·')).collect();
    let runs: Vec<&str> = joined.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let alone = joined.trim_start_matches('+').chars().all(|c| c.is_ascii_digit());
    let stripped: Vec<&str> = runs.iter().map(|run| without_country(run)).collect();
    if let Some(number) = stripped.iter().find(|run| is_phone(run)) {
        return if alone && stripped.len() == 1 { Phone::Number((*number).to_owned()) } else { Phone::First((*number).to_owned()) };
    }
    let digits: String = stripped.concat();
    if digits.is_empty() { Phone::Unreadable } else { Phone::Odd(digits.chars().take(20).collect()) }
}

fn without_country(digits: &str) -> &str {
    let local = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86")).unwrap_or(digits);
    if local.len() == 11 && local.starts_with('1') { local } else { digits }
}

/// 11 digits of a mobile phone, or a fixed line with or without its area code.
fn is_phone(digits: &str) -> bool {
    let mobile = digits.len() == 11 && digits.starts_with('1') && !digits.starts_with("10") && !digits.starts_with("11") && !digits.starts_with("12");
    let area = digits.starts_with('0') && (10..=12).contains(&digits.len());
    mobile || area || (matches!(digits.len(), 7 | 8) && !digits.starts_with(['0', '1']))
}

/// Words for "nothing": `无`, `/`, `—`.
#[must_use]
pub(super) fn is_nothing(compact: &str) -> bool {
    compact.is_empty()
        || matches!(
            compact,
            "无" | "/" | "\\" | "-" | "--" | "—" | "——" | "没有" | "暂无" | "空" | "0" | "不详" | "N/A" | "n/a" | "null" | "NULL" | "None"
        )
}

/// `是`, `否` and their spellings; `None` if it is neither.
#[must_use]
pub(super) fn yes_no(compact: &str) -> Option<bool> {
    let text = compact.to_lowercase();
    match text.as_str() {
        "是" | "有" | "1" | "y" | "yes" | "true" | "√" | "✓" | "✔" | "v" | "对" | "享受" | "1-是" | "是(1)" => Some(true),
        "否" | "无" | "0" | "2" | "n" | "no" | "false" | "×" | "x" | "✗" | "不是" | "没有" | "非" | "/" | "-" | "0-否" | "未享受" | "2-否" | "" => {
            Some(false)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_what_belongs_to_them() {
        for (typed, kept) in [
            ("  方可", "方可"),
            ("张　三\t", "张三"),
            ("阿卜杜拉．买买提", "阿卜杜拉·买买提"),
            ("阿依古丽•艾山", "阿依古丽·艾山"),
            ("'欧阳修", "欧阳修"),
            ("Anna  Maria", "Anna Maria"),
            ("𠮷田\u{200b}", "𠮷田"),
            (" \u{3000} ", ""),
        ] {
            assert_eq!(name(typed), kept);
        }
        for good in ["张三", "阿卜杜拉·买买提", "𠮷田", "Anna Maria"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["张3", "张三(转出)", "张?", "张\u{fffd}", "*", "·"] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn phones_lose_their_spaces_and_country() {
        let number = |digits: &str| Phone::Number(digits.to_owned());
        for text in ["199 2120 2792", "199-2120-2792", "+86 19921202792", "８６１９９２１２０２７９２", "'19921202792", "19921202792.0"]
        {
            assert_eq!(phone(text), number("19921202792"), "{text}");
        }
        assert_eq!(phone("0871-1234567"), number("08711234567"));
        assert_eq!(phone("19921202792/19921202793"), Phone::First("19921202792".into()));
        assert_eq!(phone("19921202792(奶奶)"), Phone::First("19921202792".into()));
        assert_eq!(phone("1992120279"), Phone::Odd("1992120279".into()));
        assert_eq!(phone("同上"), Phone::Unreadable);
        assert_eq!(phone("1.39E+10"), Phone::Unreadable);
        assert_eq!(phone("无"), Phone::None);
    }
}
