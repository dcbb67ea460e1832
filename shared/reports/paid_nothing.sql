-- +++
-- name = "paid_nothing"
-- question = 3
-- title = { zh = "已办发放、没有钱到学生的申请", en = "Paid by its state, and nothing reached the child" }
-- help = { zh = "状态为已发放，而名下没有有效发放（没有登记、作废、发放失败或全部退回）的申请。补记发放；确实没有发放的，请县里撤销或重新拨付。", en = "Applications that stand as paid and have no payment that counts (none on record, void, failed or all returned). Enter the payment; if nothing was paid, the county revokes or allots anew." }
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
--   { code = "since", type = "date", title = { zh = "办发放", en = "Paid on" } },
--   { code = "application", type = "text", title = { zh = "申请", en = "Application" } },
-- ]
-- [today]
-- title = { zh = "已办发放，没有发放记录", en = "Paid by its state, no payment on record" }
-- order = 35
-- ledger = "aid_payment"
-- writers = true
-- text = ["name", "class", "programme", "approved"]
-- date = "since"
-- date_says = "since"
-- open = "/record/{application}"
-- +++
SELECT a._school AS school, a._student AS student, e.name AS name, e.grade AS grade, e.class AS class, coalesce(g.name, a.programme) AS programme,
       a.approved_amount AS approved, a._since AS since, a._id AS application
FROM record_aid_application a
LEFT JOIN record_aid_programme g ON g._id = a.programme
LEFT JOIN record_enrolment e ON e._doc = a._doc
WHERE a._year = :year AND a._state IN ('paid', 'audited')
  AND NOT EXISTS (SELECT 1 FROM record_aid_payment p WHERE p.application = a._id AND ({{kept aid_payment p}} OR p.amount IS NULL))
ORDER BY a._school, e.grade, e.class, e.name, a._id
