-- +++
-- name = "monthly_reports"
-- question = 5
-- title = { zh = "月报一览：签字与报送", en = "Monthly reports: signed, sent, missing" }
-- help = { zh = "本学年已过去的各月，每所学校一行：有没有报、校长签了没有、报送没有、数字和依据的点名。没有月报的，状态为空。已更正的按新的一份。", en = "A line a school and month gone by: whether there is a report, signed by the principal, sent, its figures and the rolls they rest on. No report: an empty state. Of a corrected one the newer counts." }
-- ledgers = ["monthly_report"]
-- indexes = [
--   'record_monthly_report(_school, month)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "month", type = "date", title = { zh = "月份", en = "Month" } },
--   { code = "state", type = "choice", options = "monthly_report.$state", title = { zh = "现状", en = "State" } },
--   { code = "signed_by", type = "text", title = { zh = "签字", en = "Signed by" } },
--   { code = "signed_on", type = "date", title = { zh = "签字日期", en = "Signed on" } },
--   { code = "zero", type = "bool", title = { zh = "零报告", en = "Zero report" } },
--   { code = "pupils", type = "int", title = { zh = "在籍", en = "Pupils" } },
--   { code = "suspected", type = "int", total = true, title = { zh = "疑似", en = "Suspected" } },
--   { code = "confirmed", type = "int", total = true, title = { zh = "确认", en = "Confirmed" } },
--   { code = "returned", type = "int", total = true, title = { zh = "复学", en = "Returned" } },
--   { code = "open_cases", type = "int", title = { zh = "未销号", en = "Open" } },
--   { code = "rolls_taken", type = "int", total = true, title = { zh = "已点名", en = "Rolls taken" } },
--   { code = "rolls_due", type = "int", total = true, title = { zh = "应点名", en = "Rolls due" } },
-- ]
-- +++
WITH RECURSIVE month(first) AS (
  SELECT :year || '-09-01'
  UNION ALL
  SELECT date(first, '+1 month') FROM month WHERE first < (:year + 1) || '-08-01'
),
newest AS (
  SELECT r._id, r._school, r.month, r._state, r.zero, r.pupils, r.suspected, r.confirmed, r.returned, r.open_cases, r.rolls_taken, r.rolls_due, r.signed_by,
         row_number() OVER (PARTITION BY r._school, r.month ORDER BY r._state = 'corrected', r._id DESC) AS nth
  FROM record_monthly_report r
)
SELECT s.code AS school, substr(m.first, 1, 7) AS month, n._state AS state,
       CASE WHEN n._state IN ('signed', 'sent', 'corrected') THEN n.signed_by END AS signed_by,
       (SELECT max(t."on") FROM step t WHERE t.record = n._id AND t.name = 'sign' AND t.effect = 'effective' AND n._state IN ('signed', 'sent', 'corrected')) AS signed_on,
       n.zero AS zero, n.pupils AS pupils, n.suspected AS suspected, n.confirmed AS confirmed, n.returned AS returned, n.open_cases AS open_cases,
       n.rolls_taken AS rolls_taken, n.rolls_due AS rolls_due
FROM month m
CROSS JOIN school s
LEFT JOIN newest n ON n._school = s.code AND n.month = substr(m.first, 1, 7) AND n.nth = 1
WHERE m.first <= :today
ORDER BY m.first DESC, s.code
