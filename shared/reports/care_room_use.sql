-- +++
-- name = "care_room_use"
-- question = 2
-- title = { zh = "关爱室使用情况", en = "Use of the care rooms" }
-- help = { zh = "各关爱室在所选学年、学期的使用次数、人次、使用天数和最近使用日；一次没用过的也列出。", en = "Sessions, children counted each time, days of use and the last day, of every care room; also those never used." }
-- ledgers = ["care_room", "care_room_use"]
-- indexes = [
--   'record_care_room_use(room, _year)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "term" },
--   { name = "school" },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "room", type = "text", title = { zh = "关爱室", en = "Room" } },
--   { code = "state", type = "choice", options = "care_room.state", title = { zh = "状态", en = "State" } },
--   { code = "sessions", type = "int", total = true, title = { zh = "次数", en = "Sessions" } },
--   { code = "headcount", type = "int", total = true, title = { zh = "人次", en = "Children, each time" } },
--   { code = "days", type = "int", title = { zh = "天数", en = "Days" } },
--   { code = "last_used", type = "date", title = { zh = "最近使用", en = "Last used" } },
-- ]
-- +++
SELECT r._school AS school, r.name AS room, r.state AS state, count(u._id) AS sessions, coalesce(sum(u.headcount), 0) AS headcount,
       count(DISTINCT u."on") AS days, max(u."on") AS last_used
FROM record_care_room r
LEFT JOIN record_care_room_use u ON u.room = r._id AND u._year = :year AND (:term IS NULL OR u._term = :term)
WHERE r._year <= :year AND (r.state IS NOT 'closed' OR u._id IS NOT NULL)
GROUP BY r._id
ORDER BY r._school, r.name
