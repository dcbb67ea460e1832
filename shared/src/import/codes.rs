//! Words to option codes of the enrolment ledger: ethnic groups (GB/T 3304) and relations.

/// GB/T 3304 in the order of its codes 01 to 56, without 族.
const ETHNIC: [&str; 56] = [
    "汉",
    "蒙古",
    "回",
    "藏",
    "维吾尔",
    "苗",
    "彝",
    "壮",
    "布依",
    "朝鲜",
    "满",
    "侗",
    "瑶",
    "白",
    "土家",
    "哈尼",
    "哈萨克",
    "傣",
    "黎",
    "傈僳",
    "佤",
    "畲",
    "高山",
    "拉祜",
    "水",
    "东乡",
    "纳西",
    "景颇",
    "柯尔克孜",
    "土",
    "达斡尔",
    "仫佬",
    "羌",
    "布朗",
    "撒拉",
    "毛南",
    "仡佬",
    "锡伯",
    "阿昌",
    "普米",
    "塔吉克",
    "怒",
    "乌孜别克",
    "俄罗斯",
    "鄂温克",
    "德昂",
    "保安",
    "裕固",
    "京",
    "塔塔尔",
    "独龙",
    "鄂伦春",
    "赫哲",
    "门巴",
    "珞巴",
    "基诺",
];

/// Two-digit code; `None` if the text names no group.
pub(super) fn ethnic(compact: &str) -> Option<String> {
    let text: String = compact.chars().filter(|c| !matches!(c, '.' | '-' | '、')).collect();
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    if let Ok(number) = digits.parse::<u8>() {
        return matches!(number, 1..=56 | 97 | 98).then(|| format!("{number:02}"));
    }
    match text.as_str() {
        "其他" | "其它" | "其他族" | "未识别民族" | "穿青人" | "穿青族" => return Some("97".into()),
        "外国血统" | "外国血统中国籍人士" | "外国血统中国籍" | "外籍" | "入籍" => return Some("98".into()),
        _ => {}
    }
    let bare = text.strip_suffix('族').unwrap_or(&text);
    ETHNIC.iter().position(|group| *group == bare).map(|at| format!("{:02}", at + 1))
}

/// Relation of the guardian to the child: option code, and the text if it is "other".
pub(super) fn relation(compact: &str) -> (&'static str, Option<String>) {
    let code = match compact {
        "父亲" | "父" | "爸爸" | "爸" | "父子" | "父女" | "生父" | "father" => "father",
        "母亲" | "母" | "妈妈" | "妈" | "母子" | "母女" | "生母" | "mother" => "mother",
        "祖父" | "爷爷" | "爷" | "祖孙" | "阿公" => "grandfather_p",
        "祖母" | "奶奶" | "奶" | "婆婆" | "阿婆" => "grandmother_p",
        "外祖父" | "外公" | "姥爷" | "公公" => "grandfather_m",
        "外祖母" | "外婆" | "姥姥" => "grandmother_m",
        "哥哥" | "哥" | "姐姐" | "姐" | "兄" | "兄弟" | "姐妹" | "兄弟姐妹" | "弟弟" | "妹妹" => "sibling",
        _ => return ("other", Some(compact.to_owned())),
    };
    (code, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ethnic_groups_have_their_codes() {
        for (text, code) in [
            ("汉族", "01"),
            ("汉", "01"),
            ("土家族", "15"),
            ("土族", "30"),
            ("侗族", "12"),
            ("基诺族", "56"),
            ("1", "01"),
            ("06苗族", "06"),
            ("其他", "97"),
        ] {
            assert_eq!(ethnic(text).as_deref(), Some(code), "{text}");
        }
        assert_eq!(ethnic("火星族"), None);
        assert_eq!(ethnic("57"), None);
    }
}
