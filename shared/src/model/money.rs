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

/// Money as it is written out on Chinese vouchers, so that no digit can be added: `125050` → `人民币壹仟贰佰伍拾元伍角整`, by the rules for filling in
/// vouchers (支付结算办法, annex 1): a gap of zeros is one 零, none stands before 万 or 元, and what ends in yuan or jiao is closed with 整.
#[must_use]
pub fn capitals(fen: i64) -> String {
    const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
    const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
    const GROUPS: [&str; 5] = ["元", "万", "亿", "万亿", "亿亿"];
    let digit = |value: u64| usize::try_from(value).ok().and_then(|at| DIGITS.get(at)).copied().unwrap_or('零');
    let (amount, mut out) = (fen.unsigned_abs(), String::from("人民币"));
    if fen < 0 {
        out.push('负');
    }
    let (yuan, jiao, rest) = (amount / 100, amount / 10 % 10, amount % 10);
    let digits: Vec<u64> = yuan.to_string().bytes().map(|b| u64::from(b - b'0')).collect();
    let (mut gap, mut group_filled) = (false, false);
    for (at, value) in digits.iter().enumerate().filter(|_| yuan > 0) {
        let place = digits.len() - 1 - at;
        if *value == 0 {
            gap = true;
        } else {
            if gap {
                out.push('零');
            }
            (gap, group_filled) = (false, true);
            out.push(digit(*value));
            out.push_str(PLACES.get(place % 4).copied().unwrap_or_default());
        }
        if place.is_multiple_of(4) {
            if group_filled || place == 0 {
                out.push_str(GROUPS.get(place / 4).copied().unwrap_or_default());
            }
            group_filled = false;
        }
    }
    match (jiao, rest) {
        (0, 0) => out.push_str(if yuan == 0 { "零元整" } else { "整" }),
        (_, 0) => {
            out.push(digit(jiao));
            out.push_str("角整");
        }
        (0, _) => {
            if yuan > 0 {
                out.push('零');
            }
            out.push(digit(rest));
            out.push('分');
        }
        _ => {
            out.push(digit(jiao));
            out.push('角');
            out.push(digit(rest));
            out.push('分');
        }
    }
    out
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

    #[test]
    fn money_is_written_out_as_on_a_voucher() {
        let cases = [
            (0, "零元整"),
            (1, "壹分"),
            (50, "伍角整"),
            (125_000, "壹仟贰佰伍拾元整"),
            (125_050, "壹仟贰佰伍拾元伍角整"),
            (140_950, "壹仟肆佰零玖元伍角整"),
            (600_714, "陆仟零柒元壹角肆分"),
            (32_504, "叁佰贰拾伍元零肆分"),
            (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
            (10_700_053, "壹拾万零柒仟元伍角叁分"),
            (1_000_000, "壹万元整"),
            (1_000_100, "壹万零壹元整"),
            (10_000_000_000, "壹亿元整"),
            (10_000_000_100, "壹亿零壹元整"),
            (-1_000, "负壹拾元整"),
        ];
        for (fen, words) in cases {
            assert_eq!(capitals(fen), format!("人民币{words}"), "{fen}");
        }
    }
}
