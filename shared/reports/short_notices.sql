-- +++
-- name = "short_notices"
-- question = 3
-- title = { zh = "公示天数不足", en = "Public notices short of their days" }
-- help = { zh = "已经过了公示环节（上报、批准、不予、下达、发放、审计）或已填公示结束日的申请中，学校或村居公示少于规定工作日的；没有填公示日期的按0天。工作日：周一至周五，减去校历的放假日，加上调休上班日，首尾两天都算。", en = "Applications past the notice (reported, approved, rejected, allotted, paid, audited), or with its end filled in, whose notice at the school or in the village was shorter than the working days required; no dates: 0 days. Working days: Monday to Friday, less the holidays of the calendar, plus days worked in exchange, first and last day included." }
-- ledgers = ["aid_application"]
-- indexes = [
--   'record_aid_application(_year, _state, notice_school_from, notice_school_until, notice_village_from, notice_village_until, _term, _school, _id, void)',
-- ]
-- parameters = [
--   { name = "year", default = "current" },
--   { name = "term" },
--   { name = "school" },
--   { name = "days", type = "int", default = "5", title = { zh = "规定工作日", en = "Working days required" } },
-- ]
-- columns = [
--   { code = "school", type = "school", title = { zh = "学校", en = "School" } },
--   { code = "student", type = "student", title = { zh = "学生档案", en = "Child" } },
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "programme", type = "text", title = { zh = "资助项目", en = "Programme" } },
--   { code = "state", type = "choice", options = "aid_application.$state", title = { zh = "现状", en = "State" } },
--   { code = "school_from", type = "date", title = { zh = "学校公示起", en = "School notice from" } },
--   { code = "school_until", type = "date", title = { zh = "学校公示止", en = "School notice until" } },
--   { code = "school_days", type = "int", title = { zh = "学校公示工作日", en = "School working days" } },
--   { code = "village_from", type = "date", title = { zh = "村居公示起", en = "Village notice from" } },
--   { code = "village_until", type = "date", title = { zh = "村居公示止", en = "Village notice until" } },
--   { code = "village_days", type = "int", title = { zh = "村居公示工作日", en = "Village working days" } },
--   { code = "application", type = "text", title = { zh = "申请记录", en = "Application" } },
-- ]
-- +++
WITH RECURSIVE off_day(day, until, kind) AS (
  SELECT "from", min(coalesce(nullif("until", ''), "from"), date("from", '+60 days')), kind FROM record_calendar WHERE kind IN ('holiday', 'makeup_day')
  UNION ALL
  SELECT date(day, '+1 day'), until, kind FROM off_day WHERE day < until
),
moved AS (
  -- What the calendar takes from Monday to Friday, and what it adds at a weekend; a day twice in the calendar counts once.
  SELECT DISTINCT day, CASE kind WHEN 'holiday' THEN -1 ELSE 1 END AS change
  FROM off_day
  WHERE (strftime('%w', day) IN ('0', '6')) = (kind = 'makeup_day')
),
notice AS MATERIALIZED (
  SELECT _id, _school, coalesce(notice_school_from, '') AS sf, coalesce(notice_school_until, '') AS su,
         coalesce(notice_village_from, '') AS vf, coalesce(notice_village_until, '') AS vu
  FROM record_aid_application
  WHERE _year = :year AND (:term IS NULL OR _term = :term)
    AND (_state IN ('reported', 'approved', 'rejected', 'allotted', 'paid', 'audited')
      OR _state = 'on_notice' AND notice_school_until <> '' AND notice_village_until <> '')
),
span AS (
  SELECT sf AS first, su AS last FROM notice UNION SELECT vf, vu FROM notice
),
-- Whole weeks and the rest, counted from a Monday (Julian day numbers divisible by 7), then the calendar. Many children share a notice, so once a pair of dates.
length AS MATERIALIZED (
  SELECT first, last,
         coalesce(max(0, (5 * ((CAST(julianday(last) + 0.5 AS INTEGER) + 1) / 7) + min(5, (CAST(julianday(last) + 0.5 AS INTEGER) + 1) % 7))
                        - (5 * ((CAST(julianday(first) + 0.5 AS INTEGER) + 0) / 7) + min(5, (CAST(julianday(first) + 0.5 AS INTEGER) + 0) % 7))), 0)
         + (SELECT coalesce(sum(m.change), 0) FROM moved m WHERE m.day BETWEEN s.first AND s.last) AS days
  FROM span s
),
short AS MATERIALIZED (
  SELECT n._id, s.days AS school_days, v.days AS village_days
  FROM notice n
  JOIN length s ON s.first = n.sf AND s.last = n.su
  JOIN length v ON v.first = n.vf AND v.last = n.vu
  WHERE min(s.days, v.days) < :days
)
SELECT a._school AS school, a._student AS student, e.name AS name, coalesce(g.name, a.programme) AS programme, a._state AS state,
       a.notice_school_from AS school_from, a.notice_school_until AS school_until, n.school_days AS school_days,
       a.notice_village_from AS village_from, a.notice_village_until AS village_until, n.village_days AS village_days, a._id AS application
FROM short n
CROSS JOIN record_aid_application a ON a._id = n._id
LEFT JOIN record_enrolment e ON e._doc = a._doc
LEFT JOIN record_aid_programme g ON g._id = a.programme
ORDER BY a._school, min(n.school_days, n.village_days), a._id
