-- +++
-- name = "care_against_file"
-- question = 2
-- title = { zh = "有留守档案、学籍登记为不是留守", en = "Care profile, and by the file not left-behind" }
-- help = { zh = "在校、学籍登记为不是留守儿童，而留守儿童档案还没有终止的学生：统计里仍算留守。不再留守的，在档案里填终止日；建错的，把档案作废；确是留守的，改学籍。", en = "Children at school who by their file are not left-behind and whose care profile has not ended: they are counted as left-behind. Give the profile its last day if that is over, make it void if it was a mistake, or correct the file if the child is left-behind." }
-- ledgers = ["care_profile", "enrolment"]
-- by_class = true
-- indexes = [
--   'record_care_profile(_year, _doc, "on", _at, _id, _school, _student, kind, care_state, boards, until, care_teacher, void)',
-- ]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "profile", type = "text", title = { zh = "留守儿童档案", en = "Care profile" } },
-- ]
-- [today]
-- title = { zh = "学籍登记为不是留守，留守档案还在", en = "Not left-behind by the file, and a care profile stands" }
-- order = 46
-- ledger = "care_profile"
-- writers = true
-- text = ["name", "class"]
-- open = "/record/{profile}"
-- +++
SELECT p._school AS school, p._student AS student, e.name AS name, e.grade AS grade, e.class AS class, p._id AS profile
FROM record_care_profile p
JOIN record_enrolment e ON e._doc = p._doc AND e.closed_on IS NULL
WHERE e.left_behind = 0 AND e.status = 'present' AND coalesce(p.until, '') = ''
ORDER BY p._school, e.grade, e.class, e.name, p._id
