-- +++
-- name = "visits_by_quarter"
-- question = 5
-- title = { zh = "帮扶责任人走访：按季度", en = "Visits of those responsible, by quarter" }
-- help = { zh = "按学校和季度（公历）统计入户走访、电话和视频次数，以及入户走访到的户数；应走访户数为该季度有帮扶责任人的户。一户一季度至少入户一次。责任按学生而不按户登记的，取该学生学籍中的户编号。", en = "By school and calendar quarter: visits, calls (phone and video), households visited; households due are those with someone responsible in the quarter. One visit a household and quarter is the duty. A duty that names a child counts for the household of the enrolment." }
-- chart = { kind = "bar", x = "quarter", y = ["visits", "calls"] }
-- ledgers = ["household_visit", "duty"]
-- indexes = [
--   'record_household_visit(_year, _school, "on", kind, household_card, void)',
--   'record_enrolment(_student)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "quarter", type = "text", title = { zh = "季度", en = "Quarter" } },
--   { code = "visits", type = "int", total = true, title = { zh = "入户", en = "Visits" } },
--   { code = "calls", type = "int", total = true, title = { zh = "电话、视频", en = "Calls" } },
--   { code = "visited", type = "int", title = { zh = "走访户数", en = "Households visited" } },
--   { code = "due", type = "int", title = { zh = "应走访户数", en = "Households due" } },
--   { code = "met", type = "int", title = { zh = "其中已走访", en = "Due and visited" } },
--   { code = "rate", type = "pct", title = { zh = "完成率", en = "Done" } },
-- ]
-- +++
WITH quarter(q, first, last) AS (
  VALUES (:year || 'Q3', :year || '-09-01', :year || '-09-30'), (:year || 'Q4', :year || '-10-01', :year || '-12-31'),
         ((:year + 1) || 'Q1', (:year + 1) || '-01-01', (:year + 1) || '-03-31'), ((:year + 1) || 'Q2', (:year + 1) || '-04-01', (:year + 1) || '-06-30'),
         ((:year + 1) || 'Q3', (:year + 1) || '-07-01', (:year + 1) || '-08-31')
),
done AS (
  SELECT _school, substr("on", 1, 4) || 'Q' || ((CAST(substr("on", 6, 2) AS INTEGER) + 2) / 3) AS q, kind, household_card
  FROM record_household_visit
  WHERE _year = :year
),
due AS (
  SELECT DISTINCT d.school AS _school, q.q, coalesce(nullif(d.household_card, ''),
                  (SELECT nullif(e.household_card, '') FROM record_enrolment e WHERE e._student = d.student LIMIT 1), d.student) AS household_card
  FROM record_duty d
  JOIN school s ON s.code = d.school
  JOIN quarter q ON q.first <= :today AND d."from" <= q.last AND coalesce(nullif(d.until, ''), '9999') >= q.first
),
visited AS MATERIALIZED (
  SELECT DISTINCT _school, q, household_card FROM done WHERE kind = 'visit'
),
line AS (
  SELECT _school, q, sum(kind = 'visit') AS visits, sum(kind <> 'visit') AS calls, count(DISTINCT CASE WHEN kind = 'visit' THEN household_card END) AS visited,
         0 AS due, 0 AS met
  FROM done
  GROUP BY _school, q
  UNION ALL
  SELECT d._school, d.q, 0, 0, 0, count(*), count(v.household_card)
  FROM due d
  LEFT JOIN visited v ON v.household_card = d.household_card AND v._school = d._school AND v.q = d.q
  GROUP BY d._school, d.q
)
SELECT _school AS school, q AS quarter, sum(visits) AS visits, sum(calls) AS calls, sum(visited) AS visited, sum(due) AS due, sum(met) AS met,
       CASE WHEN sum(due) > 0 THEN CAST(round(10000.0 * sum(met) / sum(due)) AS INTEGER) END AS rate
FROM line
GROUP BY _school, q
ORDER BY _school, q
