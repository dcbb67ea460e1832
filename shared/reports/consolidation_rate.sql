-- +++
-- name = "consolidation_rate"
-- question = 1
-- title = { zh = "巩固率", en = "Consolidation rate" }
-- help = { zh = "学年初在籍：入学日期为空或不晚于当年9月30日的学生。流失：离校或转出而没有外校就读证明（失学个案的外校就读证明、转学个案、已完成的转学或县里已封存转出的档案），以及失学个案处于确认、劝返中、升级、责令、司法的学生。死亡、毕业、休学不算流失。巩固率 =（学年初在籍 − 流失）÷ 学年初在籍。", en = "At start: pupils whose entry date is empty or not after 30 September. Lost: those who left or moved without proof of another school (a letter in the dropout case, a case that ended in a transfer, a completed transfer, or a document that the county closed for one), and those whose dropout case stands at confirmed, persuading, escalated, ordered or court. Deaths, graduations and leave are no loss. Rate = (at start − lost) / at start." }
-- chart = { kind = "bar", x = "stage", y = ["rate"] }
-- ledgers = ["enrolment", "dropout_case", "transfer"]
-- indexes = [
--   'record_enrolment(_year, _school, stage, grade, status, sex, boarding, left_behind, registered_household, categories, entered_on, household_card, _doc, void)',
--   'record_dropout_case(_doc, _state, excluded_proof, void)',
--   'record_transfer(_doc, _state, void)',
--   'record_dropout_case(_year, _school, _doc, _state, _due, _reopened, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "stage", type = "choice", options = "enrolment.stage", title = { zh = "学段", en = "Stage" } },
--   { code = "at_start", type = "int", title = { zh = "学年初在籍", en = "At start" } },
--   { code = "left_without_proof", type = "int", title = { zh = "离校无证明", en = "Left without proof" } },
--   { code = "dropped_out", type = "int", title = { zh = "辍学未返", en = "Dropped out" } },
--   { code = "lost", type = "int", title = { zh = "流失", en = "Lost" } },
--   { code = "rate", type = "pct", title = { zh = "巩固率", en = "Rate" } },
-- ]
-- +++
WITH lost AS MATERIALIZED (
  SELECT e._doc, e._school, e.stage, 1 AS no_proof, 0 AS dropped
  FROM record_enrolment e
  WHERE e._year = :year AND coalesce(e.entered_on, '') <= :year || '-09-30' AND e.status IN ('left', 'transferred')
    -- Closed by the county: the child is at another school of the county, or at one elsewhere that the county has seen.
    AND e.closed_on IS NULL
    AND NOT EXISTS (SELECT 1 FROM record_dropout_case c WHERE c._doc = e._doc AND (c.excluded_proof = 'other_school_letter' OR c._state = 'transferred'))
    AND NOT EXISTS (SELECT 1 FROM record_transfer t WHERE t._doc = e._doc AND t._state = 'done')
  UNION ALL
  SELECT e._doc, e._school, e.stage, 0, 1
  FROM (SELECT DISTINCT _doc FROM record_dropout_case
        WHERE _year = :year AND _state IN ('confirmed', 'persuading', 'escalated', 'ordered', 'court')) c
  CROSS JOIN record_enrolment e ON e._doc = c._doc
  WHERE coalesce(e.entered_on, '') <= :year || '-09-30'
),
line AS (
  SELECT _school, stage, count(*) AS at_start, 0 AS no_proof, 0 AS dropped, 0 AS lost
  FROM record_enrolment
  WHERE _year = :year AND coalesce(entered_on, '') <= :year || '-09-30'
  GROUP BY _school, stage
  UNION ALL
  SELECT _school, stage, 0, sum(no_proof), sum(dropped), count(DISTINCT _doc)
  FROM lost
  GROUP BY _school, stage
)
SELECT _school AS school, stage AS stage, sum(at_start) AS at_start, sum(no_proof) AS left_without_proof, sum(dropped) AS dropped_out,
       sum(lost) AS lost, CAST(round(10000.0 * (sum(at_start) - sum(lost)) / sum(at_start)) AS INTEGER) AS rate
FROM line
GROUP BY _school, stage
ORDER BY _school, stage
