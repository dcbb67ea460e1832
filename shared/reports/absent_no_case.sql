-- +++
-- name = "absent_no_case"
-- question = 1
-- title = { zh = "缺勤已满规定天数，没有个案", en = "Absent long enough, and no case" }
-- help = { zh = "最近一次排查为无故缺勤且已满规定天数，或为疑似辍学，而没有在办的个案，也没有包括这些日子的个案：原来的个案被作废以后，系统不会自动再立。确实没有到校的，立个案；已经到校的，改正点名。", en = "Children whose last check says absent without reason for so many days, or suspected, and who have no open case and none about these days: once a case is made void, none opens by itself. If the child is away, open a case; if it is there, correct the roll." }
-- ledgers = ["dropout_check", "dropout_case"]
-- by_class = true
-- indexes = [
--   'record_dropout_check(_doc, "on", _at, _id, state, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
--   { name = "days", type = "int", default = "3", title = { zh = "天数", en = "Days" } },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "days_absent", type = "int", title = { zh = "缺勤天数", en = "Days absent" } },
--   { code = "since", type = "date", title = { zh = "缺勤起始日", en = "Absent since" } },
--   { code = "last_absent", type = "date", title = { zh = "最近缺勤日", en = "Last absent on" } },
--   { code = "record", type = "text", title = { zh = "记录", en = "Record" } },
-- ]
-- [today]
-- title = { zh = "缺勤已满规定天数，没有个案", en = "Absent long enough, and no case" }
-- order = 19
-- ledger = "dropout_case"
-- text = ["name", "class", "days_absent"]
-- date = "last_absent"
-- date_says = "since"
-- open = "/record/{record}"
-- act = "/ledger/dropout_case/new?student={student}&first_absent={since}&opened_by=teacher"
-- act_title = { zh = "立个案", en = "Open a case" }
-- +++
WITH marks AS (
  SELECT d._doc, d._school, d._student, d._id, d.state, d."on" AS last_absent, d.days_absent, coalesce(d.since, d."on") AS since,
         row_number() OVER (PARTITION BY d._doc ORDER BY d."on" DESC, d._at DESC, d._id DESC) AS nth
  FROM record_dropout_check d
  WHERE d._year = :year
)
SELECT m._school AS school, m._student AS student, e.name AS name, e.grade AS grade, e.class AS class,
       m.days_absent AS days_absent, m.since AS since, m.last_absent AS last_absent, m._id AS record
FROM marks m
JOIN record_enrolment e ON e._doc = m._doc AND e.closed_on IS NULL AND e.status = 'present'
WHERE m.nth = 1 AND (m.state = 'suspected' OR m.state = 'absent' AND m.days_absent >= :days)
  -- Open, or about these days though closed since.
  AND NOT EXISTS (SELECT 1 FROM record_dropout_case c WHERE c._doc = m._doc AND (c._state IN {{open dropout_case}} OR c._state IS NULL OR c."on" >= m.since))
ORDER BY m._school, m.last_absent, e.grade, e.class, e.name, m._student
