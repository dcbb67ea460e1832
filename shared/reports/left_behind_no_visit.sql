-- +++
-- name = "left_behind_no_visit"
-- question = 2
-- title = { zh = "本学期未家访的留守儿童", en = "Left-behind children not visited this term" }
-- help = { zh = "有留守档案、在校，而所选学期（不选学期则为全学年）没有一次家访记录的学生。", en = "Children with a care profile, at school, without a home visit in the term (or the year, if no term is chosen)." }
-- ledgers = ["care_profile", "care_log"]
-- by_class = true
-- indexes = [
--   'record_care_profile(_year, _doc, "on", _at, _id, _school, _student, kind, care_state, boards, until, care_teacher, void)',
--   'record_care_log(_doc, kind, "on", _term, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "term", default = "current", all = true },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "last_visit", type = "date", title = { zh = "本学年最近家访", en = "Last visit this year" } },
--   { code = "care_teacher", type = "text", title = { zh = "结对教师", en = "Care teacher" } },
-- ]
-- [today]
-- title = { zh = "本学期还没家访的留守儿童", en = "Left-behind children not visited this term" }
-- order = 60
-- ledger = "care_log"
-- text = ["name", "class"]
-- date = "last_visit"
-- date_says = "last"
-- open = "/child/{student}"
-- act = "/ledger/care_log/new?student={student}&kind=visit"
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
)
SELECT c._school AS school, c._student AS student, e.name AS name, e.grade AS grade, e.class AS class,
       (SELECT max(l."on") FROM record_care_log l WHERE l._doc = c._doc AND l.kind = 'visit') AS last_visit, c.care_teacher AS care_teacher
FROM care c
JOIN record_enrolment e ON e._doc = c._doc AND e.status = 'present'
WHERE NOT EXISTS (SELECT 1 FROM record_care_log l WHERE l._doc = c._doc AND l.kind = 'visit' AND (:term IS NULL OR l._term = :term))
ORDER BY c._school, e.grade, e.class, e.name
