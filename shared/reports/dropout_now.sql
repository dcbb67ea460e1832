-- +++
-- name = "dropout_now"
-- question = 1
-- title = { zh = "失学辍学现状", en = "Dropout cases as they stand" }
-- help = { zh = "按学校、学段、年级统计本学年个案现在所处的阶段。“确认未返”含确认、劝返中、升级、责令、司法。复发数为重新打开的次数。状态有争议的个案只计入个案总数。", en = "Where the cases of the year stand now. Confirmed, not back: confirmed, persuading, escalated, ordered, court. Relapses are re-openings. A case whose state is disputed counts in the number of cases only." }
-- chart = { kind = "bar", x = "grade", y = ["suspected", "confirmed", "returned", "home_taught", "excluded", "gone", "closed"] }
-- ledgers = ["dropout_case"]
-- indexes = [
--   'record_dropout_case(_year, _school, _doc, _state, _due, _reopened, void)',
--   'record_enrolment(_doc, stage, grade, id_no, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "stage", type = "choice", options = "enrolment.stage", title = { zh = "学段", en = "Stage" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "cases", type = "int", total = true, title = { zh = "个案", en = "Cases" } },
--   { code = "suspected", type = "int", total = true, title = { zh = "疑似、核实中", en = "Suspected or verifying" } },
--   { code = "confirmed", type = "int", total = true, title = { zh = "确认未返", en = "Confirmed, not back" } },
--   { code = "returned", type = "int", total = true, title = { zh = "已复学", en = "Returned" } },
--   { code = "home_taught", type = "int", total = true, title = { zh = "送教上门", en = "Taught at home" } },
--   { code = "excluded", type = "int", total = true, title = { zh = "排除", en = "Excluded" } },
--   { code = "gone", type = "int", total = true, title = { zh = "转学、出国、死亡", en = "Transferred, abroad, died" } },
--   { code = "closed", type = "int", total = true, title = { zh = "已销号", en = "Closed" } },
--   { code = "late", type = "int", total = true, title = { zh = "逾期", en = "Past due" } },
--   { code = "relapses", type = "int", total = true, title = { zh = "复发次数", en = "Relapses" } },
-- ]
-- +++
SELECT c._school AS school, e.stage AS stage, e.grade AS grade,
       count(*) AS cases,
       coalesce(sum(c._state IN ('suspected', 'verifying')), 0) AS suspected,
       coalesce(sum(c._state IN ('confirmed', 'persuading', 'escalated', 'ordered', 'court')), 0) AS confirmed,
       coalesce(sum(c._state = 'returned'), 0) AS returned,
       coalesce(sum(c._state = 'home_taught'), 0) AS home_taught,
       coalesce(sum(c._state = 'excluded'), 0) AS excluded,
       coalesce(sum(c._state IN ('transferred', 'left_country', 'died')), 0) AS gone,
       coalesce(sum(c._state = 'closed'), 0) AS closed,
       coalesce(sum(c._state IS NOT NULL AND c._due < :today), 0) AS late,
       coalesce(sum(c._reopened), 0) AS relapses
FROM record_dropout_case c
LEFT JOIN record_enrolment e ON e._doc = c._doc
WHERE c._year = :year
GROUP BY c._school, e.stage, e.grade
ORDER BY c._school, e.stage, e.grade
