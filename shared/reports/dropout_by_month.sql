-- +++
-- name = "dropout_by_month"
-- question = 1
-- title = { zh = "失学辍学按月统计", en = "Dropouts by month" }
-- help = { zh = "按学校、学段、年级、月份统计：发现疑似（个案发生日）、确认辍学、劝返复学、再次失学各多少次，按生效的步骤日期计。有争议或无效的步骤不计。", en = "Events by school, stage, grade and month: cases opened (date of the case), confirmed, returned, relapsed, by the dates of effective steps. Void and forked steps do not count." }
-- chart = { kind = "line", x = "month", y = ["suspected", "confirmed", "returned", "relapsed"] }
-- ledgers = ["dropout_case"]
-- indexes = [
--   'record_dropout_case(_year, _school, _doc, _state, _due, _reopened, void)',
--   'record_enrolment(_doc, stage, grade, id_no, void)',
--   'step(record, effect, "to", "on")',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "stage", type = "choice", options = "enrolment.stage", title = { zh = "学段", en = "Stage" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "month", type = "text", title = { zh = "月份", en = "Month" } },
--   { code = "suspected", type = "int", total = true, title = { zh = "疑似", en = "Suspected" } },
--   { code = "confirmed", type = "int", total = true, title = { zh = "确认", en = "Confirmed" } },
--   { code = "returned", type = "int", total = true, title = { zh = "复学", en = "Returned" } },
--   { code = "relapsed", type = "int", total = true, title = { zh = "再次失学", en = "Relapsed" } },
-- ]
-- +++
WITH event AS (
  SELECT _doc, _school, substr("on", 1, 7) AS month, 1 AS suspected, 0 AS confirmed, 0 AS returned, 0 AS relapsed
  FROM record_dropout_case
  WHERE _year = :year
  UNION ALL
  SELECT c._doc, c._school, substr(s."on", 1, 7), 0, s."to" = 'confirmed', s."to" = 'returned', s.name = 'relapse'
  FROM record_dropout_case c
  JOIN step s ON s.record = c._id AND s.effect = 'effective'
  WHERE c._year = :year AND (s."to" IN ('confirmed', 'returned') OR s.name = 'relapse')
)
SELECT v._school AS school, e.stage AS stage, e.grade AS grade, v.month AS month,
       sum(v.suspected) AS suspected, sum(v.confirmed) AS confirmed, sum(v.returned) AS returned, sum(v.relapsed) AS relapsed
FROM event v
LEFT JOIN record_enrolment e ON e._doc = v._doc
GROUP BY v._school, e.stage, e.grade, v.month
ORDER BY v._school, e.stage, e.grade, v.month
