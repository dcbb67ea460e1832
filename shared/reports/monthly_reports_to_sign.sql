-- +++
-- name = "monthly_reports_to_sign"
-- question = 5
-- title = { zh = "待签字的月报", en = "Monthly reports to be signed" }
-- help = { zh = "已经开始填、校长还没有签字的月报，连同要签的数字。作废的和状态有争议的不在内。", en = "Monthly reports that are begun and not signed by the principal yet, with the figures to be signed. Void ones and those whose state is disputed are not among them." }
-- ledgers = ["monthly_report"]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "month", type = "text", title = { zh = "月份", en = "Month" } },
--   { code = "zero", type = "bool", title = { zh = "零报告", en = "Zero report" } },
--   { code = "pupils", type = "int", title = { zh = "在籍", en = "Pupils" } },
--   { code = "present", type = "int", title = { zh = "实到", en = "Present" } },
--   { code = "suspected", type = "int", title = { zh = "新增疑似", en = "New suspected" } },
--   { code = "confirmed", type = "int", title = { zh = "新增确认", en = "New confirmed" } },
--   { code = "open_cases", type = "int", title = { zh = "未销号", en = "Open" } },
--   { code = "due", type = "date", title = { zh = "期限", en = "Due" } },
--   { code = "record", type = "text", title = { zh = "记录", en = "Record" } },
-- ]
-- [today]
-- title = { zh = "等您签字的月报", en = "Monthly reports for you to sign" }
-- order = 10
-- ledger = "monthly_report"
-- writers = true
-- step = "sign"
-- text = ["month", "zero", "pupils", "present", "suspected", "confirmed", "open_cases"]
-- date = "due"
-- open = "/record/{record}"
-- instead_of = ["monthly_report.draft"]
-- +++
SELECT r._school AS school, r.month AS month, r.zero AS zero, r.pupils AS pupils, r.present AS present, r.suspected AS suspected, r.confirmed AS confirmed,
       r.open_cases AS open_cases, r._due AS due, r._id AS record
FROM record_monthly_report r
WHERE r._state = 'draft' AND r.continues IS NULL
ORDER BY r._school, r.month, r._id
