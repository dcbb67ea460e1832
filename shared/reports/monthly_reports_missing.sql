-- +++
-- name = "monthly_reports_missing"
-- question = 5
-- title = { zh = "未报的月报", en = "Monthly reports missing" }
-- help = { zh = "本学年已过去的各月中，没有已报送月报（零报告也要报）的学校。2月和8月也要求。现状为空的还没有开始，草稿、已签字的在办。", en = "Months of the year gone by for which a school has sent no monthly report (a zero report is one too). An empty state: not begun; a draft or a signed one is under way." }
-- ledgers = ["monthly_report"]
-- indexes = [
--   'record_monthly_report(_school, month)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
--   { name = "only", type = "choice", choices = ["none", "begun"], title = { zh = "只看（none 还没开始，begun 已开始）", en = "Only (none: not begun; begun)" } },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "month", type = "text", title = { zh = "月份", en = "Month" } },
--   { code = "state", type = "choice", options = "monthly_report.$state", title = { zh = "现状", en = "State" } },
-- ]
-- [today]
-- title = { zh = "还没填的控辍月报", en = "Monthly reports not begun" }
-- order = 70
-- ledger = "monthly_report"
-- writers = true
-- text = ["month"]
-- open = "/ledger/monthly_report/new?month={month}"
-- act = "/ledger/monthly_report/new?month={month}"
-- act_title = { zh = "填月报", en = "Fill it in" }
-- with = { only = "none" }
-- +++
WITH RECURSIVE month(first) AS (
  SELECT :year || '-09-01'
  UNION ALL
  SELECT date(first, '+1 month') FROM month WHERE first < (:year + 1) || '-08-01'
)
SELECT school, month, state FROM (
SELECT s.code AS school, substr(m.first, 1, 7) AS month,
       (SELECT r._state FROM record_monthly_report r WHERE r._school = s.code AND r.month = substr(m.first, 1, 7) ORDER BY r._id DESC LIMIT 1) AS state
FROM month m
CROSS JOIN school s
WHERE date(m.first, '+1 month') <= :today
  AND NOT EXISTS (SELECT 1 FROM record_monthly_report r WHERE r._school = s.code AND r.month = substr(m.first, 1, 7)
                  AND (r._state IN ('sent', 'corrected') OR r._state IS NULL AND r._disputed = 1))
)
WHERE :only IS NULL OR (:only = 'begun') = (state IS NOT NULL)
ORDER BY school, month
