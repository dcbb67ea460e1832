-- +++
-- name = "work_items_open"
-- question = 5
-- title = { zh = "县里交办未办结的事项", en = "Work items of the county, open" }
-- help = { zh = "县里交办给学校、还没有办结的事项，按期限排列。学校改好涉及的记录，县里核对后办结。", en = "What the county asked a school to look at and has not closed, by date. The school mends the record it is about; the county closes it." }
-- ledgers = ["work_item"]
-- parameters = [
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "kind", type = "choice", options = "work_item.kind", title = { zh = "类别", en = "Kind" } },
--   { code = "text", type = "text", title = { zh = "事项", en = "What is asked" } },
--   { code = "due", type = "date", title = { zh = "期限", en = "Due" } },
--   { code = "target", type = "text", title = { zh = "涉及", en = "About" } },
-- ]
-- [today]
-- title = { zh = "县里交办的事", en = "Asked by the county" }
-- order = 20
-- ledger = "work_item"
-- text = ["kind", "text"]
-- date = "due"
-- open = "/{target}"
-- +++
SELECT w._school AS school, w.kind AS kind, w.text AS text, w.due AS due,
       CASE WHEN w.about LIKE '%:%' THEN 'record/' || w.about WHEN length(w.about) = 32 THEN 'child/' || w.about ELSE 'record/' || w._id END AS target
FROM record_work_item w
WHERE coalesce(w.done, 0) = 0
ORDER BY w._school, w.due IS NULL, w.due, w._id
