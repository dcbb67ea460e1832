-- +++
-- name = "enrolment_headcount"
-- title = { zh = "在校生统计", en = "Headcount" }
-- help = { zh = "学籍状态为在校的学生，按学校、学段、年级统计。困难学生：登记有困难类别或属建档立卡的学生。", en = "Pupils at school by school, stage and grade. In hardship: with a category, or of a registered household." }
-- chart = { kind = "bar", x = "grade", y = ["male", "female"] }
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
--   { code = "stage", type = "choice", options = "enrolment.stage", title = { zh = "学段", en = "Stage" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "pupils", type = "int", total = true, title = { zh = "人数", en = "Pupils" } },
--   { code = "male", type = "int", total = true, title = { zh = "男", en = "Male" } },
--   { code = "female", type = "int", total = true, title = { zh = "女", en = "Female" } },
--   { code = "boarders", type = "int", total = true, title = { zh = "寄宿", en = "Boarders" } },
--   { code = "day_pupils", type = "int", total = true, title = { zh = "走读", en = "Day pupils" } },
--   { code = "left_behind", type = "int", total = true, title = { zh = "留守", en = "Left behind" } },
--   { code = "hardship", type = "int", total = true, title = { zh = "困难学生", en = "In hardship" } },
--   { code = "disabled", type = "int", total = true, title = { zh = "残疾", en = "Disabled" } },
-- ]
-- +++
SELECT _school AS school, stage AS stage, grade AS grade, count(*) AS pupils,
       coalesce(sum(sex = 'male'), 0) AS male, coalesce(sum(sex = 'female'), 0) AS female,
       coalesce(sum(boarding = 'board'), 0) AS boarders, coalesce(sum(boarding = 'day'), 0) AS day_pupils,
       coalesce(sum(left_behind), 0) AS left_behind,
       sum(coalesce(categories, '') <> '' OR coalesce(registered_household, 'no') NOT IN ('no', '')) AS hardship,
       coalesce(sum(instr(categories, '|disabled|') > 0), 0) AS disabled
FROM record_enrolment
WHERE _year = :year AND status = 'present'
GROUP BY _school, stage, grade
ORDER BY _school, stage, grade
