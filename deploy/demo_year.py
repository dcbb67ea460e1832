#!/usr/bin/env python3
"""The school year so far, as four schools would write it, through the ordinary commands: CSV files under Chinese heads into `import ledger`, lifecycle
steps by `record step`, approvals by the county. The same children give the same records every time; only the dates follow today.

Usage: demo_year.py HUB_PROGRAM NODE_PROGRAM WORK, where WORK/hub and WORK/school1..4 are enrolled and their daemons run.
"""
import csv, datetime as dt, json, random, subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor

HUB, NODE, WORK = sys.argv[1:4]
TODAY = dt.date.today()
START = dt.date(TODAY.year if TODAY.month >= 9 else TODAY.year - 1, 9, 1)
# Mondays of this school year; early in September the eight weeks before today, so that there is something to tell.
MONDAYS = [TODAY - dt.timedelta(days=TODAY.weekday() + 7 * k) for k in range(40)][::-1]
WEEKS = [day for day in MONDAYS if day >= START][-20:]
WEEKS = WEEKS if len(WEEKS) >= 8 else MONDAYS[-8:]
TEACHERS = ["王建国", "李秀英", "张丽华", "刘志强", "陈晓梅", "杨光"]


class Side:
    """One program on one directory."""

    def __init__(self, program, name):
        self.program, self.dir = program, f"{WORK}/{name}"

    def run(self, *args, found=False):
        done = subprocess.run([self.program, "--data", self.dir, "--json", *args], capture_output=True, text=True)
        if done.returncode not in ((0, 1) if found else (0,)):
            sys.exit(f"{self.dir} {' '.join(args)}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def rows(self, ledger):
        return self.run("query", ledger, "--limit", "5000")["rows"]

    def give(self, ledger, records):
        """Writes a CSV under the ledger's own titles and imports it, as an office would."""
        titles = {f["code"]: f["title"] for f in self.run("ledger", "show", ledger)["fields"]}
        titles |= {"on": "日期", "_student": "学生", "note": "备注"}
        columns = list(dict.fromkeys(code for record in records for code in record))
        path = f"{self.dir}/{ledger}.csv"
        with open(path, "w", encoding="utf-8-sig", newline="") as file:
            sheet = csv.DictWriter(file, columns)
            sheet.writerow({code: titles[code] for code in columns})
            sheet.writerows(records)
        answer = self.run("import", "ledger", ledger, path, found=True)
        if answer["rejected"] or answer["ignored_columns"]:
            bad = [row for row in answer["rows"] if not row["accept"]]
            sys.exit(f"{path}: {answer['rejected']} rows rejected, columns ignored {answer['ignored_columns']}: {bad[:1]}")
        return answer["accepted"]

    def scan(self, record, *fields):
        """A scanned page for each of these fields: every one the same invented photo."""
        for field in fields:
            self.run("attach", record, "--field", field, "tests/samples/photo-plain.jpg", "--by", "赵校长")

    def step(self, record, step, on, by, **fields):
        sets = [word for code, value in fields.items() for word in ("--set", f"{code}={value}")]
        self.run("record", "step", record, step, "--on", str(on), "--by", by, *sets)


def yes_no(flag):
    return "是" if flag else "否"


def lessons(school, children, dice):
    """Weekly roll calls, and a check for every child not there."""
    classes, rolls, checks = {}, [], []
    for child in children:
        classes.setdefault((child["stage"], child["grade"], child["class"]), []).append(child)
    lost = dice.sample(children, 3)
    for week, monday in enumerate(WEEKS, 1):
        for (stage, grade, number), members in sorted(classes.items(), key=str):
            away = [child for child in members if child not in lost and dice.random() < 0.01]
            rolls.append({"on": monday, "stage": stage, "grade": grade, "class": number or 1, "week": week, "expected": len(members),
                          "present": len(members) - len(away), "absent": 0, "done_by": dice.choice(TEACHERS), "done_at": "08:30"})
            checks += [{"on": monday, "_student": child["key"], "method": "点名", "state": "leave", "leave_kind": "sick", "checked_by": TEACHERS[grade % 6],
                        "poor_household": child["registered_household"] or "no"} for child in away]
    for child, monday in zip(lost, (WEEKS[2], WEEKS[-4], WEEKS[-2])):
        checks.append({"on": monday + dt.timedelta(days=3), "_student": child["key"], "method": "roll", "state": "absent", "days_absent": 3, "since": monday,
                       "contacted": "guardian", "contact_result": "家长称孩子在亲戚家", "checked_by": TEACHERS[0], "poor_household": child["registered_household"] or "no"})
    return school.give("dropout_roll", rolls) + school.give("dropout_check", checks), {child["_student"] for child in lost}


def cases(school, lost):
    """Three days absent opened a case each: one is a mistake, one is being persuaded to come back, one is still being looked for."""
    opened = sorted(row["_id"] for row in school.rows("dropout_case") if row["_state"] == "suspected" and row["_student"] in lost)
    definition = school.run("ledger", "show", "dropout_case")
    needed = {step["code"]: step["requires"] for step in definition["lifecycle"]["steps"]}
    fields = {field["code"]: field for field in definition["fields"]}
    for at, (case, steps) in enumerate(zip(opened, (("verify", "exclude"), ("verify", "confirm", "persuade"), ("verify",)))):
        day = WEEKS[-2] + dt.timedelta(days=4 + at)
        for step in steps:
            school.scan(case, *(code for code in needed[step] if fields[code]["type"] == "file"))
            school.step(case, step, day, "李秀英", **{code: plausible(fields[code], day) for code in needed[step] if fields[code]["type"] != "file"})
    return len(opened)


def plausible(field, day):
    """A value that fits a field, for a demonstration."""
    if field["options"]:
        return field["options"][0]["code"]
    return {"date": str(day), "month": str(day)[:7], "int": "1", "bool": "yes", "money": "100", "phone": "13912345678",
            "school": "5299010001"}.get(field["type"], "已核实")


def care(school, children, dice):
    """Calls home for the children whose parents are away, talks with them, and the room where they call from. Some have not been reached for long."""
    logs, left = [], [child for child in children if child["left_behind"]]
    for child in left:
        quiet = dice.random() < 0.25
        for monday in WEEKS[::2]:
            if quiet and monday > TODAY - dt.timedelta(days=45):
                continue
            logs.append({"on": monday + dt.timedelta(days=dice.randrange(4)), "_student": child["key"], "kind": dice.choice(["call", "video", "video"]),
                         "with": dice.choice(["father", "mother"]), "reached": yes_no(dice.random() < 0.85), "minutes": dice.randrange(5, 25)})
        logs.append({"on": WEEKS[len(WEEKS) // 2], "_student": child["key"], "kind": "visit", "with": "child、guardian", "done": "走访家庭，了解学习和生活情况"})
    today = [log for log in logs if log["on"] <= TODAY]
    papers = [{"on": START, "kind": "issued", "title": "关于设立留守儿童关爱室的通知", "dated": START, "level": "school", "section": "basic_education",
               "period": f"{START.year}H2"},
              {"on": WEEKS[1], "kind": "minutes", "title": "资助评议领导班子会议纪要", "dated": WEEKS[1], "level": "school", "section": "student_aid",
               "period": f"{START.year}H2", "attendees": 7, "place": "会议室"}]
    rooms = [{"on": START, "name": "留守儿童关爱室", "document": papers[0]["title"], "set_up_on": START, "place": "教学楼一楼", "area_m2": 40,
              "equipment": "phone、video、books", "keeper": TEACHERS[1], "covers_poor_village": "是", "state": "in_use"}]
    uses = [{"on": monday + dt.timedelta(days=2), "room": rooms[0]["name"], "from": "16:30", "until": "17:30", "purpose": "call", "headcount": min(len(left), 12),
             "teacher": dice.choice(TEACHERS)} for monday in WEEKS if monday + dt.timedelta(days=2) <= TODAY]
    return school.give("document", papers) + school.give("care_room", rooms) + school.give("care_room_use", uses) + school.give("care_log", today)


def programme(child):
    part = "XX" if child["stage"] == "primary" else "CZ"
    if child["registered_household"] not in (None, "", "no"):
        return f"YW_{part}_JDLK"
    return f"YW_{part}_JS" if child["boarding"] == "board" else f"YW_{part}_ZD"


def applications(school, children):
    """Children of poor households apply; a class in eight is forgotten, which the county will see."""
    poor = [child for child in children if child["stage"] in ("primary", "junior") and (child["registered_household"] not in (None, "", "no") or child["needy"])]
    asked = [child for at, child in enumerate(poor) if at % 8 != 7]
    on = WEEKS[1]
    rows = [{"on": on, "_student": child["key"], "programme": programme(child), "applicant": "guardian", "reason": "家庭经济困难", "household_size": 5,
             "categories": "" if child["needy"] else "other", "categories_note": "" if child["needy"] else "脱贫户", "village": child.get("village") or "石桥村", "income_year": "12,000", "income_from": "farm", "school_agrees": "是", "agrees_by": "赵校长"} for child in asked]
    return school.give("aid_application", rows), on


def through_the_school(school, count):
    """The first `count` applications go their whole way at the school, up to the county's desk."""
    minutes = next(row["_id"] for row in school.rows("document") if row["title"].startswith("资助评议"))
    chosen = sorted(row["_id"] for row in school.rows("aid_application"))[:count]
    days = [WEEKS[1] + dt.timedelta(days=n) for n in (1, 3, 5, 6, 16)]
    for record in chosen:
        school.scan(record, "documents", "notice_school", "notice_village", "form_stamped")
        school.step(record, "apply", days[0], "王建国")
        school.step(record, "verify", days[1], "李秀英", village_opinion="agree", village_stamped_on=days[1], check_how="student、home", check_by="李秀英",
                    check_by_2="张丽华", check_on=days[1], check_result="true", check_text="入户核查属实")
        school.step(record, "assess", days[2], "赵校长", votes_for=9, votes_against=0, votes_abstain=1, leaders_on=days[2], leaders_minutes=minutes, level="hard")
        school.step(record, "publish", days[3], "赵校长", notice_school_from=days[3], notice_school_until=days[4] - dt.timedelta(days=1),
                    notice_village_from=days[3], notice_village_until=days[4] - dt.timedelta(days=1))
        school.step(record, "report", days[4], "赵校长", reported_on=days[4], village_track_on=days[4])
    return chosen


def paid(school, records):
    """What the county allotted is paid, half a year's amount each, and each payment names its application."""
    day = WEEKS[-2]
    shown = [school.run("record", "show", record) for record in records]
    rows = [{"on": day, "_student": one["document"], "programme": one["fields"]["programme"], "application": one["record"],
             "amount": f"￥{one['fields']['approved_amount'] / 100:,.2f}", "channel": "government", "form": "cash", "gratis": "gift", "held_by": "to_guardian",
             "account_tail": "1234", "paid_on": day, "batch": "秋季", "receipt": "bank"} for one in shown]
    given = school.give("aid_payment", rows)
    for record in records:
        school.step(record, "pay", day, "王建国", told_family="signed", told_on=day)
    return given


def school_year(number):
    """Everything a school writes by itself. Gives what it wrote and which applications wait for the county."""
    school, dice = Side(NODE, f"school{number}"), random.Random(number)
    children = [row | {"key": row["id_no"] or row["_student"]} for row in school.rows("enrolment") if row.get("status", "present") == "present"]
    for child in children:
        child["needy"] = bool(child.get("categories"))
    children.sort(key=lambda child: child["key"])
    written, lost = lessons(school, children, dice)
    written += care(school, children, dice)
    asked, _ = applications(school, children)
    chosen = through_the_school(school, 3)
    opened = cases(school, lost)
    school.run("sync", "now")
    return school, written + asked, opened, chosen


def wait_until(ready, what):
    for _ in range(300):
        if ready():
            return
        time.sleep(0.1)
    sys.exit(f"the county waits in vain: {what}")


def main():
    hub = Side(HUB, "hub")
    with ThreadPoolExecutor(2) as two:
        done = list(two.map(school_year, (1, 2, 3, 4)))
    amounts = {row["_id"]: row["amount_year"] or 100_000 for row in hub.rows("aid_programme")}
    for _, _, _, chosen in done:
        for record in chosen:
            wait_until(lambda: record in {row["_id"] for row in hub.run("query", "aid_application", "--where", "state=reported", "--limit", "5000")["rows"]}, record)
            year = amounts[hub.run("record", "show", record)["fields"]["programme"]]
            hub.step(record, "approve", WEEKS[-4], "县资助中心", approved_amount=f"{year / 200:.2f}", approved_by="县资助中心", batch="秋季第一批")
            hub.step(record, "allot", WEEKS[-3], "县资助中心")
    payments = 0
    for school, written, opened, chosen in done:
        school.run("sync", "now")
        payments += paid(school, chosen)
        school.run("sync", "now")
        print(f"  {school.dir.rsplit('/', 1)[-1]}: {written} 条记录 records, {opened} 个疑似个案 cases, {len(chosen)} 份申请获批并发放 approved and paid")


main()
