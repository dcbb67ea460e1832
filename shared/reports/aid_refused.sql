-- +++
-- name = "aid_refused"
-- question = 3
-- title = { zh = "县里不予批准的申请（近 30 天）", en = "Applications the county refused in the last 30 days" }
-- help = { zh = "最近 30 天里县里不予批准、撤销或退回补正的申请，附县里写的说明；退回后已重新办理的不列。", en = "Applications the county rejected, revoked or sent back in the last 30 days, with what it wrote; those sent back and taken up again are left out." }
-- ledgers = ["aid_application"]
-- indexes = [
--   'record_aid_application(_state, _due)',
-- ]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "grade", type = "int", title = { zh = "年级", en = "Grade" } },
--   { code = "class", type = "int", title = { zh = "班级", en = "Class" } },
--   { code = "programme", type = "text", title = { zh = "资助项目", en = "Programme" } },
--   { code = "step", type = "choice", options = "aid_application.$step", title = { zh = "县里的决定", en = "Decision" } },
--   { code = "decided", type = "date", title = { zh = "决定日", en = "Decided on" } },
--   { code = "why", type = "text", title = { zh = "说明", en = "Why" } },
--   { code = "application", type = "text", title = { zh = "申请", en = "Application" } },
-- ]
-- [today]
-- title = { zh = "县里不予批准或退回的申请", en = "Applications the county refused or sent back" }
-- order = 32
-- ledger = "aid_application"
-- writers = true
-- text = ["name", "class", "programme", "step"]
-- open = "/record/{application}"
-- +++
SELECT a._school AS school, a._student AS student, e.name AS name, e.grade AS grade, e.class AS class, coalesce(g.name, a.programme) AS programme,
       s.name AS step, s."on" AS decided, s.why AS why, a._id AS application
FROM record_aid_application a
JOIN step s ON s.doc = a._doc AND s.record = a._id AND s.effect = 'effective' AND s.name IN ('reject', 'revoke', 'send_back') AND s."on" >= date(:today, '-30 days')
LEFT JOIN record_aid_programme g ON g._id = a.programme
LEFT JOIN record_enrolment e ON e._doc = a._doc
WHERE a._state IN ('rejected', 'sent_back', 'applied') AND a.continues IS NULL
ORDER BY a._school, s."on" DESC, e.name, a._id
