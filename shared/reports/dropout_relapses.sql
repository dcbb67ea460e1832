-- +++
-- name = "dropout_relapses"
-- question = 1
-- title = { zh = "再次失学名单", en = "Relapses" }
-- help = { zh = "重新打开过的失学个案，次数多的在前。", en = "Dropout cases that were re-opened, the most often first." }
-- ledgers = ["dropout_case"]
-- indexes = [
--   'record_dropout_case(_year, _reopened) WHERE _reopened > 0',
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
--   { code = "relapses", type = "int", title = { zh = "复发次数", en = "Relapses" } },
--   { code = "state", type = "choice", options = "dropout_case.$state", title = { zh = "现状", en = "State" } },
--   { code = "reason", type = "choice", options = "dropout_case.reason", title = { zh = "原因", en = "Reason" } },
--   { code = "returned_on", type = "date", title = { zh = "最近复学日", en = "Last returned on" } },
-- ]
-- +++
SELECT c._school AS school, c._student AS student, e.name AS name, e.grade AS grade,
       c._reopened AS relapses, c._state AS state, c.reason AS reason, c.returned_on AS returned_on
FROM record_dropout_case c
LEFT JOIN record_enrolment e ON e._doc = c._doc
WHERE c._year = :year AND c._reopened > 0
ORDER BY c._reopened DESC, c._school, c._id
