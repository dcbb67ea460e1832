-- +++
-- name = "aid_coverage"
-- question = 3
-- title = { zh = "资助面", en = "Share of pupils aided" }
-- help = { zh = "规定了资助面的项目，各校受助学生占寄宿生、走读生或全体在校生（该项目学段）的比例，与规定比例对照。受助：有批准的申请。必须资助的学生不受比例限制，因此超过上限不一定有错。", en = "For programmes with a share: children aided (with an approved application) among boarders, day pupils or all pupils at school of its stage, beside the share set. Those who must be aided are not limited by it, so more than a ceiling need not be wrong." }
-- ledgers = ["aid_application", "enrolment"]
-- indexes = [
--   'record_enrolment(_year, _school, stage, grade, status, sex, boarding, left_behind, registered_household, categories, entered_on, household_card, _doc, void)',
--   'record_aid_application(_year, _state, _school, _term, programme, _doc, categories, registered_household, approved_amount, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "term" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "programme", type = "text", title = { zh = "资助项目", en = "Programme" } },
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "base", type = "int", title = { zh = "基数", en = "Pupils" } },
--   { code = "aided", type = "int", title = { zh = "受助", en = "Aided" } },
--   { code = "share", type = "pct", title = { zh = "实际比例", en = "Share" } },
--   { code = "coverage", type = "pct", title = { zh = "规定比例", en = "Share set" } },
--   { code = "mode", type = "choice", options = "aid_programme.coverage_mode", title = { zh = "性质", en = "Meant as" } },
-- ]
-- +++
WITH base AS (
  SELECT _school, stage, sum(boarding = 'board') AS boarders, sum(boarding = 'day') AS day, count(*) AS everyone
  FROM record_enrolment
  WHERE _year = :year AND status = 'present'
  GROUP BY _school, stage
),
aided AS (
  SELECT programme, _school, count(DISTINCT _doc) AS aided
  FROM record_aid_application
  WHERE _year = :year AND _state IN {{counting aid_application}} AND (:term IS NULL OR _term = :term)
  GROUP BY programme, _school
),
line AS (
  SELECT g._id, g.name, g.coverage, g.coverage_mode, b._school, coalesce(a.aided, 0) AS aided,
         CASE g.coverage_of WHEN 'boarders' THEN b.boarders WHEN 'day' THEN b.day ELSE b.everyone END AS base
  FROM record_aid_programme g
  JOIN base b ON b.stage = g.stage
  LEFT JOIN aided a ON a.programme = g._id AND a._school = b._school
  WHERE g.coverage > 0 AND g.valid_from <= min(:today, (:year + 1) || '-08-31')
    AND coalesce(nullif(g.valid_until, ''), '9999') >= min(:today, (:year + 1) || '-08-31')
)
SELECT name AS programme, _school AS school, base AS base, aided AS aided, CAST(round(10000.0 * aided / base) AS INTEGER) AS share,
       coverage AS coverage, coverage_mode AS mode
FROM line
WHERE base > 0
ORDER BY name, _school
