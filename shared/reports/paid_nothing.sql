-- +++
-- name = "paid_nothing"
-- question = 3
-- title = { zh = "已办发放、没有发足的申请", en = "Paid by its state, and less reached the child than was approved" }
-- help = { zh = "状态为已发放，而名下各次发放合计（减退回）少于批准金额的申请；没有登记、作废、失败或全部退回的按 0 计。补记发放；确实没有发的，补发，或请县里撤销。", en = "Applications that stand as paid while all their payments together (less what came back) are less than was approved; none on record, void, failed or all returned count as 0. Enter the payment; what was not paid is paid, or the county revokes it." }
-- ledgers = ["aid_application", "aid_payment"]
-- indexes = [
--   'record_aid_payment(application)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "programme", type = "text", title = { zh = "资助项目", en = "Programme" } },
--   { code = "approved", type = "money", title = { zh = "批准金额", en = "Approved" } },
--   { code = "paid", type = "money", title = { zh = "已发", en = "Paid so far" } },
--   { code = "since", type = "date", title = { zh = "办发放", en = "Paid on" } },
--   { code = "application", type = "text", title = { zh = "申请", en = "Application" } },
-- ]
-- [today]
-- title = { zh = "已办发放，没有发足", en = "Paid by its state, less than approved" }
-- order = 35
-- ledger = "aid_payment"
-- writers = true
-- text = ["name", "class", "programme", "approved", "paid"]
-- date = "since"
-- date_says = "since"
-- open = "/record/{application}"
-- +++
WITH paid AS (
  SELECT a._id AS application, coalesce(sum({{net aid_payment p}}), 0) AS fen, max(p._id IS NOT NULL AND p.amount IS NULL) AS unknown
  FROM record_aid_application a
  LEFT JOIN record_aid_payment p ON p.application = a._id
  WHERE a._year = :year AND a._state IN ('paid', 'audited')
  GROUP BY a._id
)
SELECT a._school AS school, a._student AS student, e.name AS name, e.grade AS grade, e.class AS class, coalesce(g.name, a.programme) AS programme,
       a.approved_amount AS approved, s.fen AS paid, a._since AS since, a._id AS application
FROM paid s
CROSS JOIN record_aid_application a ON a._id = s.application
LEFT JOIN record_aid_programme g ON g._id = a.programme
LEFT JOIN record_enrolment e ON e._doc = a._doc
-- A payment whose amount is disputed is not known to be too little.
WHERE s.unknown = 0 AND (s.fen < a.approved_amount OR s.fen = 0)
ORDER BY a._school, e.grade, e.class, e.name, a._id
