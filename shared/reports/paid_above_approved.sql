-- +++
-- name = "paid_above_approved"
-- question = 3
-- title = { zh = "发放多于批准", en = "Paid more than was approved" }
-- help = { zh = "一份申请名下各次发放合计（减退回）多于批准金额的，每份申请一行。多发的收回后在发放记录里登记退回；金额写错的改正。有金额争议的发放不计。", en = "Applications whose payments together (less what came back) are more than was approved, a line each. What was paid too much comes back and is entered as a refund; a sum mistyped is corrected. Payments whose amount is disputed are not counted." }
-- ledgers = ["aid_payment", "aid_application"]
-- indexes = [
--   'record_aid_payment(_year, _school, _term, programme, _doc, amount, failed, refund_amount, channel, application, void, _id)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "term" },
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
--   { code = "paid", type = "money", title = { zh = "发放合计", en = "Paid" } },
--   { code = "over", type = "money", total = true, title = { zh = "多发", en = "Too much" } },
--   { code = "application", type = "text", title = { zh = "申请", en = "Application" } },
-- ]
-- [today]
-- title = { zh = "发放多于批准，请核对", en = "Paid more than was approved: to be checked" }
-- order = 34
-- ledger = "aid_payment"
-- writers = true
-- text = ["name", "class", "programme", "over"]
-- open = "/record/{application}"
-- +++
WITH paid AS (
  SELECT p.application, sum({{net aid_payment p}}) AS fen
  FROM record_aid_payment p
  WHERE p._year = :year AND (:term IS NULL OR p._term = :term) AND {{kept aid_payment p}} AND p.application <> ''
  GROUP BY p.application
)
SELECT a._school AS school, a._student AS student, e.name AS name, e.grade AS grade, e.class AS class, coalesce(g.name, a.programme) AS programme,
       a.approved_amount AS approved, s.fen AS paid, s.fen - a.approved_amount AS over, a._id AS application
FROM paid s
CROSS JOIN record_aid_application a ON a._id = s.application
LEFT JOIN record_aid_programme g ON g._id = a.programme
LEFT JOIN record_enrolment e ON e._doc = a._doc
WHERE s.fen > a.approved_amount
ORDER BY a._school, e.grade, e.class, e.name, a._id
