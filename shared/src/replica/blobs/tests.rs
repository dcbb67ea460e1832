//! Names of files as records keep them.

use super::*;

#[test]
fn a_kept_name_has_no_path_and_the_ending_of_its_bytes() {
    for (given, kept) in [
        ("照片.HEIC", "照片.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\照片\\一;二.jpeg", "一二.jpg"),
        ("", "file.jpg"),
        (".jpg", "file.jpg"),
        ("a\nb", "ab.jpg"),
    ] {
        assert_eq!(kept_name(given, Kind::Jpeg), kept, "{given}");
    }
    let long = kept_name(&"长".repeat(500), Kind::Webp);
    assert!(long.chars().count() <= NAME_CHARS_MAX && long.ends_with(".webp"));
    let reference = Attachment { hash: BlobHash([1; 32]), name: long, bytes: 5 };
    assert_eq!(Attachment::read(&reference.to_string()), Some(reference));
}
