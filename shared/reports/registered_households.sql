-- +++
-- name = "registered_households"
-- title = { zh = "建档立卡学生", en = "Children of registered households" }
-- help = { zh = "在校学生中属建档立卡（脱贫户、监测户）的人数和户数，按学校和类型统计；户数按户编号计，没有户编号的不计户。", en = "Pupils at school of registered households, by school and kind, and how many households (by card; without a card none is counted)." }
-- chart = { kind = "bar", x = "kind", y = ["pupils"] }
-- ledgers = ["enrolment"]
-- indexes = [
--   'record_enrolment(_year, _school, stage, grade, status, sex, boarding, left_behind, registered_household, categories, entered_on, household_card, _doc, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "kind", type = "choice", options = "enrolment.registered_household", title = { zh = "类型", en = "Kind" } },
--   { code = "pupils", type = "int", total = true, title = { zh = "人数", en = "Pupils" } },
--   { code = "households", type = "int", title = { zh = "户数", en = "Households" } },
--   { code = "no_card", type = "int", total = true, title = { zh = "缺户编号", en = "Without a card" } },
-- ]
-- +++
SELECT _school AS school, registered_household AS kind, count(*) AS pupils, count(DISTINCT nullif(household_card, '')) AS households,
       sum(coalesce(household_card, '') = '') AS no_card
FROM record_enrolment
WHERE _year = :year AND status = 'present' AND registered_household NOT IN ('no', '')
GROUP BY _school, registered_household
ORDER BY _school, registered_household
