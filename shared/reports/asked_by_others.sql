-- +++
-- name = "asked_by_others"
-- question = 5
-- title = { zh = "外校转来、等本校答复的转学", en = "Transfers that wait for this school's answer" }
-- help = { zh = "另一所学校提出、由县里转来的转学，本校还没有答复的，快到期的在前。打开后选“同意转学”或“不同意”。", en = "Transfers another school asked for and the county passed on, not answered yet; those due first on top. Open one and confirm or refuse." }
-- ledgers = ["relay", "relay_answer"]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "提出学校", en = "Asked by" } },
--   { code = "child", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "due", type = "date", title = { zh = "期限", en = "Due" } },
--   { code = "record", type = "text", title = { zh = "记录", en = "Record" } },
-- ]
-- [today]
-- title = { zh = "外校转学，等本校答复", en = "Transfers to answer" }
-- order = 12
-- ledger = "transfer"
-- writers = true
-- text = ["child", "school"]
-- date = "due"
-- open = "/record/{record}"
-- act = "/record/{record}"
-- act_title = { zh = "去答复", en = "Answer" }
-- +++
SELECT r.school AS school, r.child AS child, r.due AS due, r._id AS record
FROM record_relay r
WHERE r.ledger = 'transfer' AND r.steps <> ''
  AND (r.problem IS NOT NULL OR NOT EXISTS (
    SELECT 1 FROM record_relay_answer a WHERE a.relay = r._id AND coalesce(a.follows, '') = coalesce(r.tips, '')))
ORDER BY r.due, r.child, r._id
