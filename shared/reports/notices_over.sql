-- +++
-- name = "notices_over"
-- question = 3
-- title = { zh = "公示期满的申请", en = "Public notices that are over" }
-- help = { zh = "在公示中、公示期（规定的工作日）已满或两天内将满的申请，按项目和期满日合计。期满后上报；公示页上的名字随之撤下。", en = "Applications on public notice whose working days are over, or will be within two days, by programme and day. Then they are reported; with that the names leave the notice." }
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
--   { code = "until", type = "date", title = { zh = "期满", en = "Over on" } },
--   { code = "year", type = "year", title = { zh = "学年", en = "School year" } },
-- ]
-- [today]
-- title = { zh = "公示期满，可以上报", en = "Public notices over: to be reported" }
-- order = 30
-- ledger = "aid_application"
-- writers = true
-- text = ["programme", "children"]
-- count = "children"
-- date = "until"
-- date_says = "over"
-- open = "/ledger/aid_application?state=on_notice"
-- act = "/ledger/aid_application/print?as=notice"
-- act_title = { zh = "看公示", en = "See the notice" }
-- instead_of = ["aid_application.on_notice"]
-- +++
WITH hung AS (
  SELECT a._school, a._year, a.programme, max(coalesce(a.notice_school_until, a._due), coalesce(a.notice_village_until, a._due)) AS until
  FROM record_aid_application a
  WHERE a._state = 'on_notice' AND a.continues IS NULL
)
SELECT h._school AS school, coalesce(g.name, h.programme) AS programme, count(*) AS children, h.until AS until, h._year AS year
FROM hung h
LEFT JOIN record_aid_programme g ON g._id = h.programme
WHERE h.until <= date(:today, '+2 days')
GROUP BY h._school, h._year, h.programme, h.until
ORDER BY h._school, h.until, 2
