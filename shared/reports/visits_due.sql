-- +++
-- name = "visits_due"
-- question = 5
-- title = { zh = "本季度应入户未入户", en = "Households to be visited this quarter" }
-- help = { zh = "本季度（公历）有帮扶责任人、而本季度还没有入户走访记录的户。责任按学生而不按户登记的，取该学生学籍中的户编号。", en = "Households with someone responsible in this calendar quarter and no visit recorded in it. A duty that names a child counts for the household of the enrolment." }
-- ledgers = ["household_visit", "duty"]
-- indexes = [
--   'record_household_visit(_year, _school, "on", kind, household_card, void)',
--   'record_enrolment(_student)',
--   'record_enrolment(household_card)',
-- ]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "household_card", type = "text", title = { zh = "户编号", en = "Household number" } },
--   { code = "names", type = "text", title = { zh = "学生", en = "Children" } },
--   { code = "official", type = "text", title = { zh = "责任人", en = "Official" } },
--   { code = "until", type = "date", title = { zh = "最迟", en = "By" } },
--   { code = "duty", type = "text", title = { zh = "责任关系", en = "Duty" } },
-- ]
-- [today]
-- title = { zh = "本季度还没入户走访", en = "Households not visited this quarter" }
-- order = 65
-- ledger = "household_visit"
-- writers = true
-- text = ["names", "household_card", "official"]
-- date = "until"
-- open = "/ledger/household_visit/new?duty={duty}&household_card={household_card}&kind=visit"
-- act = "/ledger/household_visit/new?duty={duty}&household_card={household_card}&kind=visit"
-- act_title = { zh = "记走访", en = "Log the visit" }
-- +++
WITH quarter(first, last) AS (
  SELECT date(start), date(start, '+3 months', '-1 day')
  FROM (SELECT date(:today, 'start of month', '-' || ((CAST(strftime('%m', :today) AS INTEGER) - 1) % 3) || ' months') AS start)
),
due AS (
  SELECT d.school AS _school, d._id AS duty, d.official,
         coalesce(nullif(d.household_card, ''), (SELECT nullif(e.household_card, '') FROM record_enrolment e WHERE e._student = d.student LIMIT 1)) AS household_card
  FROM record_duty d
  JOIN school s ON s.code = d.school
  CROSS JOIN quarter q
  WHERE d."from" <= q.last AND coalesce(nullif(d.until, ''), '9999') >= q.first
)
SELECT d._school AS school, d.household_card AS household_card,
       (SELECT group_concat(name, '、') FROM (SELECT DISTINCT e.name AS name FROM record_enrolment e
                                              WHERE e.household_card = d.household_card AND e._school = d._school AND e.status = 'present' ORDER BY e.name)) AS names,
       min(d.official) AS official, q.last AS until, min(d.duty) AS duty
FROM due d
CROSS JOIN quarter q
WHERE d.household_card IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM record_household_visit v WHERE v._school = d._school AND v.household_card = d.household_card AND v.kind = 'visit'
                  AND v."on" BETWEEN q.first AND q.last)
GROUP BY d._school, d.household_card
ORDER BY d._school, d.household_card
