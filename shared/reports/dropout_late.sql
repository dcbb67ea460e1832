-- +++
-- name = "dropout_late"
-- question = 1
-- title = { zh = "逾期未办的失学个案", en = "Dropout cases past their deadline" }
-- help = { zh = "未办结、且已过下一步办理期限的个案，逾期最久的在前。", en = "Open cases whose next step is overdue, the longest first." }
-- ledgers = ["dropout_case"]
-- by_class = true
-- indexes = [
--   'record_dropout_case(_year, _due) WHERE _due IS NOT NULL',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "state", type = "choice", options = "dropout_case.$state", title = { zh = "现状", en = "State" } },
--   { code = "since", type = "date", title = { zh = "自", en = "Since" } },
--   { code = "due", type = "date", title = { zh = "期限", en = "Due" } },
--   { code = "days_late", type = "int", title = { zh = "逾期天数", en = "Days late" } },
--   { code = "responsible", type = "text", title = { zh = "包保责任人", en = "Responsible" } },
-- ]
-- +++
SELECT c._school AS school, c._student AS student, e.name AS name, e.grade AS grade, e.class AS class,
       c._state AS state, c._since AS since, c._due AS due,
       CAST(julianday(:today) - julianday(c._due) AS INTEGER) AS days_late, c.escort_school AS responsible
FROM record_dropout_case c
LEFT JOIN record_enrolment e ON e._doc = c._doc
WHERE c._year = :year AND c._due IS NOT NULL AND c._due < :today AND c._state IN {{open dropout_case}}
ORDER BY c._due, c._school, c._id
