-- +++
-- name = "aid_to_pay"
-- question = 3
-- title = { zh = "已拨付，待发放", en = "Allotted, to be paid" }
-- help = { zh = "县里已拨付、学校还没有办“发放”的申请，按项目和拨付日合计。先在“资助发放”里登记每名学生的发放，再办“发放”。", en = "Applications the county has allotted money for and the school has not taken the step “Pay” of, by programme and day of the allotment. Each child's payment is entered in “Aid payments” first, then the step is taken." }
-- ledgers = ["aid_application"]
-- indexes = [
--   'record_aid_application(_state, _due)',
-- ]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "programme", type = "text", title = { zh = "资助项目", en = "Programme" } },
--   { code = "children", type = "int", title = { zh = "人数", en = "Children" } },
--   { code = "approved", type = "money", total = true, title = { zh = "批准金额", en = "Approved" } },
--   { code = "due", type = "date", title = { zh = "发放期限", en = "To be paid by" } },
--   { code = "year", type = "year", title = { zh = "学年", en = "School year" } },
-- ]
-- [today]
-- order = 31
-- ledger = "aid_application"
-- writers = true
-- text = ["programme", "children"]
-- count = "children"
-- date = "due"
-- open = "/ledger/aid_application?state=allotted"
-- instead_of = ["aid_application.allotted"]
-- +++
SELECT a._school AS school, coalesce(g.name, a.programme) AS programme, count(*) AS children, sum(a.approved_amount) AS approved, a._due AS due, a._year AS year
FROM record_aid_application a
LEFT JOIN record_aid_programme g ON g._id = a.programme
WHERE a._state = 'allotted' AND a.continues IS NULL
GROUP BY a._school, a._year, a.programme, a._due
ORDER BY a._school, a._due, 2
