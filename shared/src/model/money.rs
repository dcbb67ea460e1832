//! Money is an integer number of fen; people read and write yuan.

/// `125050` → `1250.50`; whole yuan without decimals.
#[must_use]
pub fn fen_to_yuan(fen: i64) -> String {
    let (yuan, rest) = (fen / 100, (fen % 100).abs());
    let sign = if fen < 0 && yuan == 0 { "-" } else { "" };
    if rest == 0 { format!("{sign}{yuan}") } else { format!("{sign}{yuan}.{rest:02}") }
}

/// `1250`, `1,250.5`, `1250.50元`, full-width digits normalised by the caller → fen. `None` if it is not money to the fen.
#[must_use]
pub fn yuan_to_fen(text: &str) -> Option<i64> {
    let text: String = text.trim().trim_end_matches('元').chars().filter(|c| !matches!(c, ',' | '，' | ' ')).collect();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.as_str()),
    };
    let (yuan, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if yuan.is_empty() || fraction.len() > 2 || !yuan.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let cents: i64 = format!("{fraction:0<2}").parse().ok()?;
    let fen = yuan.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents)?;
    Some(if negative { -fen } else { fen })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_survives_reading_and_writing() {
        for (text, fen) in [("1250", 125_000), ("1,250.5", 125_050), ("0.01", 1), ("-3.20元", -320), ("-0.20", -20)] {
            assert_eq!(yuan_to_fen(text), Some(fen), "{text}");
            assert_eq!(yuan_to_fen(&fen_to_yuan(fen)), Some(fen));
        }
        for text in ["", "1.234", "12a", "1.2.3", "九百", "."] {
            assert_eq!(yuan_to_fen(text), None, "{text}");
        }
    }
}
