-- +++
-- name = "left_behind_no_contact"
-- question = 2
-- title = { zh = "久未联系父母的留守儿童", en = "Left-behind children out of contact with their parents" }
-- help = { zh = "有留守档案、在校，而最近若干天内没有“联系到父母”的关爱记录的学生。从未联系到的，最近联系日为空。", en = "Children with a care profile, at school, with no care log of the last so many days that says the parents were reached. Never reached: no date." }
-- ledgers = ["care_profile", "care_log"]
-- by_class = true
-- indexes = [
--   'record_care_profile(_year, _doc, "on", _at, _id, _school, _student, kind, care_state, boards, until, care_teacher, void)',
--   'record_care_log(_doc, reached, "on", void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
--   { name = "days", type = "int", default = "30", title = { zh = "天数", en = "Days" } },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "last_contact", type = "date", title = { zh = "最近联系到父母", en = "Parents last reached" } },
--   { code = "days_since", type = "int", title = { zh = "距今天数", en = "Days since" } },
--   { code = "care_teacher", type = "text", title = { zh = "结对教师", en = "Care teacher" } },
-- ]
-- [today]
-- title = { zh = "超过 30 天没联系上父母的留守儿童", en = "Left-behind children out of contact with their parents for 30 days" }
-- order = 50
-- ledger = "care_log"
-- text = ["name", "class"]
-- date = "last_contact"
-- date_says = "last"
-- open = "/child/{student}"
-- act = "/ledger/care_log/new?student={student}&kind=call"
-- act_title = { zh = "记一笔", en = "Log it" }
-- +++
WITH care AS (
  SELECT * FROM (
    SELECT p._doc, p._school, p._student, p.kind, p.care_state, p.boards, p.until, p.care_teacher,
           row_number() OVER (PARTITION BY p._doc ORDER BY p."on" DESC, p._at DESC, p._id DESC) AS nth
    FROM record_care_profile p
    WHERE p._year = :year
  )
  WHERE nth = 1 AND (until IS NULL OR until = '' OR until >= min(substr(:today, 1, 7), (:year + 1) || '-07'))
),
reached AS MATERIALIZED (
  SELECT c._school, c._student, c._doc, c.care_teacher,
         (SELECT max(l."on") FROM record_care_log l WHERE l._doc = c._doc AND l.reached = 1 AND l."on" <= :today) AS last_contact
  FROM care c
)
SELECT r._school AS school, r._student AS student, e.name AS name, e.grade AS grade, e.class AS class, r.last_contact AS last_contact,
       CAST(julianday(:today) - julianday(r.last_contact) AS INTEGER) AS days_since, r.care_teacher AS care_teacher
FROM reached r
JOIN record_enrolment e ON e._doc = r._doc AND e.status = 'present'
WHERE r.last_contact IS NULL OR r.last_contact < date(:today, '-' || :days || ' days')
ORDER BY r._school, r.last_contact, e.grade, e.class, e.name
