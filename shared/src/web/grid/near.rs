//! Names that are nearly what was typed.

/// One letter of a name is another, is missing, or is too many. Of two letters one is no likeness.
pub(super) fn one_off(name: &str, typed: &str) -> bool {
    let (name, typed): (Vec<char>, Vec<char>) = (name.chars().collect(), typed.chars().collect());
    let same = name.iter().zip(&typed).take_while(|(one, other)| one == other).count();
    let rest = |letters: &[char], from: usize| letters.get(from..).map(<[char]>::to_vec);
    let ends_alike = |skip: usize, skip_typed: usize| rest(&name, same + skip).is_some_and(|end| rest(&typed, same + skip_typed) == Some(end));
    name.len() > 2 && (ends_alike(1, 1) || ends_alike(1, 0)) || name.len() > 1 && ends_alike(0, 1)
}

#[cfg(test)]
mod tests {
    use super::one_off;

    #[test]
    fn a_letter_that_is_another_or_missing_or_too_many_is_near_and_another_name_is_not() {
        for (name, typed) in [("王小明", "王晓明"), ("王小明", "王明"), ("王小明", "王小明明"), ("李四", "李四四"), ("欧阳小华", "欧阳小花")]
        {
            assert!(one_off(name, typed), "{name} {typed}");
        }
        for (name, typed) in [("李五", "李四"), ("李四", "李"), ("王小明", "李小红"), ("王小明", "王"), ("王小明", "")] {
            assert!(!one_off(name, typed), "{name} {typed}");
        }
    }
}
