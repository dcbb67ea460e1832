//! Chinese help for both command lines. English stands in the doc comments of the arguments; here is what each of those sentences is in Chinese.
//!
//! Invariant: every sentence of both programs has its Chinese ([`untranslated`], asked by a test in each program).

use clap::Command;

/// English sentence, Chinese sentence.
const SENTENCES: &[(&str, &str)] = &[
    // the programs
    ("huxue hub 护学县级平台: merges what schools record and answers across schools", "护学县级平台：汇总各校的记录，跨校查询"),
    ("huxue node 护学学校端: a school's records, with or without a link", "护学学校端：本校的记录，有没有网络都能用"),
    (
        "Exit codes: 0 done, 1 found wrong, 2 usage, 3 input, 4 no match, 5 not allowed, 6 unreachable, 7 identity, 8 storage, 9 version, 10 internal (docs/commands.md)",
        "退出码：0 办成，1 查出问题，2 命令写法，3 输入，4 找不到，5 不允许，6 连不上，7 身份，8 存储，9 版本，10 程序出错（见 docs/commands.md）",
    ),
    // every command
    ("Directory of this replica: database, keys, socket", "数据目录：数据库、密钥、本地通道"),
    ("Language on screen: zh or en", "屏幕语言：zh 或 en"),
    ("Print the answer as JSON, for scripts", "以 JSON 输出，供脚本使用"),
    ("File with the database key (32 bytes as 64 hex digits); default DIR/db.key", "数据库密钥文件（64 位十六进制）；默认为数据目录下的 db.key"),
    ("Who enters it", "填写人"),
    ("Who corrects it", "更正人"),
    ("Who voids it", "作废人"),
    ("Who takes it", "办理人"),
    ("Who imports", "导入人"),
    ("Who takes it back", "撤销人"),
    (
        "Of cells changed in the file and here since the export, take the file's: ROW:FIELD, or all; repeat. Without it they stay as they are here",
        "导出以后文件里和这里都改过的格子，采用文件里的：写 行号:字段，或 all；可重复。不写则保留这里的",
    ),
    (
        "Take an edit, a batch or an import back: earlier values again where nobody changed them since",
        "撤销一次修改、一批或一次导入：后来没有人改过的，恢复原值",
    ),
    (
        "Id of an edit, a batch or an import (the answer's `undo` or `batch`), or its beginning; without it: what can be taken back",
        "一次修改、一批或一次导入的编号（结果里的 undo 或 batch），或它的开头几位；不写则列出可以撤销的",
    ),
    ("Who chooses", "选定人"),
    ("Why", "原因"),
    ("School year", "学年"),
    ("School year, 2025 for 2025/26", "学年，2025 即 2025/26 学年"),
    ("School year, 2025 for 2025/26; default: the present one", "学年，2025 即 2025/26 学年；默认为当前学年"),
    ("Calendar year it starts in", "学年起始的年份"),
    ("Ledger code", "台账代码"),
    ("Ledger code, see `ledger list`", "台账代码，见 ledger list"),
    ("Record id or its beginning", "记录号，或它的开头几位"),
    ("Record id or its beginning, or a child", "记录号或它的开头几位，或一名学生"),
    ("Record id or its beginning; for a profile, the child", "记录号或它的开头几位；学籍档案写学生"),
    ("File with the passphrase of the database key; otherwise it is asked for on the terminal", "数据库密钥口令所在的文件；不写则在终端询问"),
    (
        "Where to write the county's recovery key; default DIR/recovery.key. Move it offline afterwards",
        "县级恢复密钥写到哪里；默认为数据目录下的 recovery.key。写好后请移到离线处保管",
    ),
    (
        "The choice; `FIELD=VALUE` for several fields at once; `keep` or `forward` for an edit that came after its document was closed; repeat",
        "选定的值；多个字段一起选时写 字段=值；对档案封存后才到的修改写 keep（保留）或 forward（转交）；可重复",
    ),
    ("The passphrase of the database key", "数据库密钥的口令"),
    ("Put the database key under a passphrase, or change it; asks twice on a terminal", "给数据库密钥加口令或换口令；在终端上会问两遍"),
    ("File with the new passphrase, instead of asking", "新口令所在的文件，不再询问"),
    ("Take the passphrase off: the key lies in its file as it is", "去掉口令：密钥直接存放在文件里"),
    ("Where the key is, whether a passphrase protects it, and whether the county can recover it", "密钥在哪里、有没有口令、县里能不能找回"),
    ("The county's recovery key", "县级恢复密钥"),
    ("Make a new recovery key; schools seal to it as they renew. The service must be stopped", "新建恢复密钥；各校续期时改用它。须先停止服务"),
    ("Where to write it; default DIR/recovery.key", "写到哪里；默认为数据目录下的 recovery.key"),
    ("Give a school back its database key: passphrase forgotten, or key lost", "为学校找回数据库密钥：忘了口令，或丢了密钥"),
    ("Node id or its beginning, see `node list`: the sealed key that the hub keeps", "节点编号或其开头，见 node list：用县级平台保存的密封密钥"),
    ("A sealed key in a file: db.key.sealed from beside a database", "文件里的密封密钥：数据库旁边的 db.key.sealed"),
    ("The county's recovery key, from its safe", "保险柜里的县级恢复密钥"),
    ("Write the database key to this file (0600) instead of showing it", "把数据库密钥写进这个文件（权限 0600），不显示出来"),
    ("Enrolments, spent tokens and revocations, as kept outside the database", "注册、已用注册码和吊销的登记簿，存放在数据库之外"),
    ("Check every line's signature and place", "核对每一行的签名和位置"),
    ("List the lines", "逐行列出"),
    ("Make a damaged register whole, keeping the damaged file. The service must be stopped", "修复损坏的登记簿，损坏的文件另存。须先停止服务"),
    ("Who read or exported named records", "谁查阅或导出过实名记录"),
    ("Who read or exported named records, and acts that matter; the newest first", "谁查阅或导出过实名记录，以及重要操作；最新的在前"),
    (
        "Only this action: list, show, report, export, conflicts, resolve, undo, publish …",
        "只看这一种：list、show、report、export、conflicts、resolve、undo、publish 等",
    ),
    ("Check that no entry was altered or left out", "核对有没有条目被改动或缺失"),
    ("First wait until queries see all that was acknowledged", "先等到查询能看到全部已确认的内容"),
    ("Attach a photograph or scan to a record", "给记录附上照片或扫描件"),
    ("Field of type file, see `ledger show`", "附件类字段，见 ledger show"),
    ("A photograph (JPEG, PNG, WebP) or a scan (PDF); where it was taken is removed", "照片（JPEG、PNG、WebP）或扫描件（PDF）；拍摄位置会被去掉"),
    ("Who attaches it", "附件人"),
    ("Files attached to records", "记录的附件"),
    ("The files that records name: which are here, which the county has", "记录引用的附件：哪些在本机，哪些县里已有"),
    ("Only this record's", "只看这条记录的"),
    ("Write a file's bytes to another file; one that is not here is asked for", "把附件写到另一个文件；本机没有的会去取"),
    ("Its hash or the beginning of it, see `blob list`", "附件的哈希或其开头，见 blob list"),
    ("Where to", "写到哪里"),
    ("The small picture instead", "只要缩略图"),
    ("Show the bounds of files, or set them", "查看或设置附件的上限"),
    ("Largest file, MiB, at most 64", "单个附件上限，MiB，最大 64"),
    ("All files of a school, MiB", "一所学校全部附件的上限，MiB"),
    ("Fetch every file of this school, not the thumbnails only (node)", "取回本校全部附件，而不只是缩略图（学校端）"),
    ("The file", "文件"),
    ("The TOML file", "TOML 文件"),
    ("The SQL file with its head", "带文件头的 SQL 文件"),
    ("CSV or workbook", "CSV 或工作簿"),
    ("How to print it", "输出格式"),
    ("Write to this file instead of the terminal", "写入这个文件，不显示在终端上"),
    ("At most so many", "最多多少条"),
    ("Only this school", "只看这所学校"),
    ("Only of this school", "只看这所学校的"),
    ("Only of this school (hub)", "只看这所学校的（县级平台）"),
    ("Only of this kind", "只看这一种"),
    ("Only this child's", "只看这名学生的"),
    ("A filter such as state=present, grade>=7, name~王; repeat", "条件，如 state=present、grade>=7、name~王；可重复"),
    ("Columns to show, by field code; repeat", "要显示的栏目（字段代码）；可重复"),
    ("Sort by this column, - before it for descending; repeat", "按这一栏排序，前面加 - 为降序；可重复"),
    ("A field and its value; repeat", "字段=值；可重复"),
    ("A field and its value; an empty value clears; repeat", "字段=值，值为空即清除；可重复"),
    ("Fields set along with the step; repeat", "办理时一并填写的字段；可重复"),
    ("A parameter of this report; repeat", "这个报表的参数；可重复"),
    ("Judge only, write nothing", "只检查，不写入"),
    // values of --format
    ("A table on the terminal", "终端上的表格"),
    ("CSV, UTF-8 with BOM, opens in Excel and WPS", "CSV（UTF-8 带 BOM），Excel 和 WPS 能直接打开"),
    ("An Excel workbook; needs --out", "Excel 工作簿，须写 --out"),
    ("JSON", "JSON"),
    // records
    ("Records", "记录"),
    ("Add a record", "新增一条记录"),
    ("The child: identity number, student number, name, or the beginning of its id", "学生：身份证号、学籍号、姓名，或档案编号的开头"),
    ("The school (hub), by its 10-digit code", "学校（县级平台用），写 10 位学校标识码"),
    ("Correct fields of a record; old values stay in its history", "更正记录的字段，原值留在历史里"),
    ("Void a record, with the reason", "作废一条记录，写明原因"),
    ("Let a void record stand again", "取消作废，恢复一条记录"),
    ("Who does it", "由谁办理"),
    ("Take a lifecycle step", "办理一个步骤"),
    ("Step code, see `ledger show`; `resolve` settles a fork", "步骤代码，见 ledger show；resolve 用来处理分叉"),
    ("Date of the step; default: today", "办理日期，默认今天"),
    ("For `resolve`: the state chosen", "用于 resolve：选定的状态"),
    ("Correct the day on which a step was taken; the wrong day stays in the history", "更正一步的办理日期，写错的日期留在历史里"),
    (
        "Step code: of several the last; or a step's id, see `record show --json`",
        "步骤代码，办过几次的取最后一次；也可以用步骤的编号，见 record show --json",
    ),
    ("The day that is right", "正确的日期"),
    ("Who corrects it", "更正人"),
    ("List records of a ledger", "列出一本台账的记录"),
    ("Show one record: values, steps, conflicts, history", "查看一条记录：内容、步骤、冲突、历史"),
    ("Records of a ledger, filtered", "按条件查询一本台账"),
    ("Records of a ledger across schools, filtered", "跨校按条件查询一本台账"),
    // what awaits a person
    ("What awaits a person's choice", "等人处理的事项"),
    (
        "Choose: a value shown, a value typed, a state, or same/different for children",
        "选定：列出的值、另写的值、状态，或 same/different（是否同一名学生）",
    ),
    ("Conflict id or its beginning", "事项编号，或它的开头几位"),
    ("The choice; `FIELD=VALUE` for several fields at once; repeat", "选定的值；几个字段一起选时写 字段=值；可重复"),
    // reports
    ("Reports of this school", "本校的报表"),
    ("Reports across schools", "跨校报表"),
    ("The questions that can be asked", "列出全部报表"),
    ("Ask one", "运行一个报表"),
    ("Ask, or list what can be asked", "运行报表，或列出全部报表"),
    ("Report name, see `report list`", "报表名，见 report list"),
    ("Term: 1 autumn, 2 spring", "学期：1 秋季，2 春季"),
    ("Publish a report to all schools", "向全县学校发布一个报表"),
    // ledgers
    ("Ledger definitions", "台账定义"),
    ("List the ledgers", "列出台账"),
    ("Show one definition", "查看一本台账的定义"),
    ("Check a definition file: what is wrong with it, by line", "检查定义文件，按行指出错误"),
    ("Publish a new or changed definition to all schools", "向全县学校发布新的或修改过的定义"),
    // imports
    ("Import office files", "导入办公文件"),
    ("A roster of children (.xlsx, .xls, .csv)", "导入学生花名册（.xlsx、.xls、.csv）"),
    ("Which sheet, when several hold a roster", "工作表名，有几张名单时写"),
    ("Which sheet, when several hold such a table", "工作表名，有几张这样的表时写"),
    ("Rows of a ledger", "导入一本台账的各行"),
    ("Take an import back", "撤销一次导入"),
    ("Take an import back as one", "整批撤销一次导入"),
    ("It is this school's roster, although its title, codes or children look like another's", "确实是本校的名册，尽管标题、标识码或学生像是别校的"),
    ("Import id or its beginning", "导入批次号，或它的开头几位"),
    // care
    ("Run the daemon", "运行服务"),
    ("TCP address of /healthz, /readyz, /metrics", "/healthz、/readyz、/metrics 的 TCP 地址"),
    ("UDP address for the schools' nodes", "供学校连接的 UDP 地址"),
    ("School years", "学年"),
    ("Open a school year: all schools promote their pupils", "开启新学年，各校学生升级"),
    ("Promote this school's pupils into a new year, without waiting for the county", "不等县里，先把本校学生升入新学年"),
    ("State of this hub", "本平台的状态"),
    ("State of this node: saved, waiting, received", "本机的状态：已保存、待上传、已收到"),
    ("Make the projection again from the log", "由日志重建查询数据"),
    ("Check log, digests, signatures and projection", "检查日志、摘要、签名和查询数据"),
    // the node
    ("Enrol this node at the county's hub with a one-time token", "用一次性入网码向县级平台注册本机"),
    ("Hub address: name or IP, with :port if it is not 4433", "县级平台的地址：主机名或 IP，端口不是 4433 时加 :端口"),
    ("The token, as issued by `huxue-hub enrol issue`", "入网码，由 huxue-hub enrol issue 签发"),
    ("The link to the county", "与县级平台的连接"),
    ("Dial at once and wait until the county has everything", "立即连接，等到县里全部收到"),
    ("Run the daemon with the school's desk; without enrolment, its first start", "运行学校端服务和网页；还没有入网时，进入第一次使用"),
    ("TCP address of the desk and of /healthz, /readyz, /metrics", "网页和 /healthz、/readyz、/metrics 的 TCP 地址"),
    ("A name this machine is called by on the school's network; repeat", "这台电脑在校园网里的名字；可重复"),
    ("Answer other machines without encryption: only behind something that encrypts", "不加密地应答别的电脑：只在前面有加密代理时使用"),
    ("Accounts of the desk", "网页的账号"),
    ("A one-time password for somebody who forgot theirs", "给忘记密码的人一个一次性密码"),
    ("Login name", "用户名"),
    ("Make an account; its one-time password is changed at the first login", "开账号；一次性密码在第一次登录时更换"),
    ("Name of the person, as records show it", "姓名，记录里这样显示"),
    (
        "registrar, aid_officer, class_teacher or principal; repeat for several",
        "registrar（学籍管理员）、aid_officer（资助专干）、class_teacher（班主任）或 principal（校长）；可重复",
    ),
    ("A class of a class teacher, such as 3.2; repeat for several", "班主任的班级，例如 3.2；可重复"),
    ("Who may log in", "谁可以登录"),
    // the hub
    ("Make a county's hub in an empty directory", "在空目录里建立县级平台"),
    ("County code, 6 digits (GB/T 2260)", "县级行政区划代码，6 位（GB/T 2260）"),
    ("Name of the county", "县名"),
    ("The disk is encrypted already: do not encrypt the database", "磁盘已加密，数据库不再加密"),
    ("The county's schools", "全县学校名录"),
    ("Add one school", "添加一所学校"),
    ("School code, 10 digits", "学校标识码，10 位"),
    ("Name", "名称"),
    (
        "Stage: primary, junior, nine_year, senior, preschool …",
        "学段：primary 小学、junior 初中、nine_year 九年一贯、senior 高中、preschool 幼儿园……",
    ),
    ("Township", "镇街"),
    ("Import schools from a CSV or workbook (学校标识码, 学校名称, 学段, 镇街)", "从 CSV 或工作簿导入学校（学校标识码、学校名称、学段、镇街）"),
    ("List the schools", "列出学校"),
    ("Let a school's node in", "让学校的节点入网"),
    ("Issue a one-time token", "签发一次性入网码"),
    ("School code", "学校标识码"),
    ("Hours until it expires", "有效小时数"),
    ("The nodes there are", "已入网的节点"),
    ("List them", "列出节点"),
    ("Shut one out, at once", "立即吊销一台节点"),
    ("Node id or its beginning, see `node list`", "节点编号或它的开头几位，见 node list"),
    // the desk for the school's network
    ("The desk for other PCs and phones of the school: addresses, fingerprint, on and off", "让校内电脑和手机访问：地址、证书指纹、打开和关掉"),
    ("Answer other PCs and phones, from now on and after every start", "让校内电脑和手机访问，立即生效，以后每次启动也打开"),
    ("Answer this machine alone", "只让这台电脑自己用"),
    ("Address and port; default: where it was, at first 0.0.0.0:4482", "地址和端口；默认同上次，最初为 0.0.0.0:4482"),
    (
        "Answer the school's network with TLS at this address and port, whatever the page says: 0.0.0.0:4482 is every address of this machine",
        "以加密方式在这个地址和端口让校内网络访问，不管网页上怎么设；0.0.0.0:4482 表示本机所有地址",
    ),
    ("Certificate for it (PEM, with those above it), instead of the machine's own", "所用的证书（PEM，连同上级证书），代替本机自做的"),
    ("The certificate's key (PEM)", "证书的私钥（PEM）"),
    ("Check this machine and say what to do next; exit code 1: something needs a person", "检查这台电脑并告诉下一步怎么办；退出码 1：有事要人办"),
];

/// Words clap puts around ours, longest first.
const FRAME: &[(&str, &str)] = &[
    ("Print help (see a summary with '-h')", "显示用法（-h 显示摘要）"),
    ("Print help (see more with '--help')", "显示用法（--help 更详细）"),
    ("Print this message or the help of the given subcommand(s)", "显示用法，或某个子命令的用法"),
    ("Print version", "显示版本"),
    ("Print help", "显示用法"),
    ("Possible values:", "可选："),
    ("[possible values: ", "[可选："),
    ("[default: ", "[默认："),
    ("[env: ", "[环境变量："),
    // The same where a line was broken behind the word.
    ("[possible values:", "[可选："),
    ("[default:", "[默认："),
    ("[env:", "[环境变量："),
    ("[OPTIONS]", "[选项]"),
    ("<COMMAND>", "<命令>"),
    ("[COMMAND]", "[命令]"),
    ("Arguments:", "参数："),
    ("Commands:", "命令："),
    ("Options:", "选项："),
    ("Usage: ", "用法："),
];

/// What the reader puts in the place of a value.
const PLACES: &[(&str, &str)] = &[
    ("ADDRESS:PORT", "地址:端口"),
    ("DIR", "目录"),
    ("LANG", "语言"),
    ("FILE", "文件"),
    ("FIELD=VALUE", "字段=值"),
    ("ROW:FIELD", "行号:字段"),
    ("NAME=VALUE", "参数=值"),
    ("FILTER", "条件"),
    ("FIELD", "字段"),
    ("NODE", "节点"),
    ("HASH", "哈希"),
    ("FILE_MIB", "MIB"),
    ("QUOTA_MIB", "MIB"),
    ("true|false", "true|false"),
    ("ACTION", "操作"),
    ("LEDGER", "台账"),
    ("STUDENT", "学生"),
    ("SCHOOL", "学校"),
    ("YEAR", "学年"),
    ("TERM", "学期"),
    ("BY", "姓名"),
    ("RECORD", "记录号"),
    ("STEP", "步骤"),
    ("ON", "日期"),
    ("WHY", "原因"),
    ("TO", "状态"),
    ("LIMIT", "条数"),
    ("FORMAT", "格式"),
    ("OUT", "文件"),
    ("KIND", "种类"),
    ("ID", "编号"),
    ("CHOOSE", "值"),
    ("NAME", "名称"),
    ("HOST", "主机名"),
    ("HUB", "地址"),
    ("LOGIN", "用户名"),
    ("ROLE", "身份"),
    ("CLASS", "班级"),
    ("TOKEN", "入网码"),
    ("LISTEN_HTTP", "地址"),
    ("LISTEN_QUIC", "地址"),
    ("SHEET", "工作表"),
    ("CODE", "代码"),
    ("BATCH", "批次"),
    ("COUNTY", "代码"),
    ("STAGE", "学段"),
    ("TOWNSHIP", "镇街"),
    ("HOURS", "小时"),
];

fn find<'a>(list: &'a [(&str, &'a str)], text: &str) -> Option<&'a str> {
    list.iter().find(|(english, _)| *english == text).map(|(_, chinese)| *chinese)
}

/// The command with its sentences in Chinese; a sentence without one stays as it is.
pub fn chinese(command: Command) -> Command {
    let said = |text: Option<&clap::builder::StyledStr>| text.and_then(|text| find(SENTENCES, &text.to_string()));
    let (about, after) = (said(command.get_about()), said(command.get_after_help()));
    let mut command = command.mut_args(|arg| {
        let help = arg.get_help().and_then(|text| find(SENTENCES, &text.to_string()));
        let takes_value = arg.get_action().takes_values();
        let named = arg.get_value_names().and_then(<[_]>::first).map_or_else(|| arg.get_id().as_str().to_uppercase(), ToString::to_string);
        let arg = match help {
            Some(help) => arg.help(help),
            None => arg,
        };
        match find(PLACES, &named).filter(|_| takes_value) {
            Some(place) => arg.value_name(place),
            None => arg,
        }
    });
    if let Some(about) = about {
        command = command.about(about);
    }
    if let Some(after) = after {
        command = command.after_help(after);
    }
    command.mut_subcommands(chinese)
}

/// clap's own words around them; the helps of option values, which no command can change, too.
#[must_use]
pub fn chinese_frame(rendered: &str) -> String {
    let mut text = rendered.to_owned();
    for (english, chinese) in FRAME {
        text = text.replace(english, chinese);
    }
    for (english, chinese) in
        SENTENCES.iter().filter(|(english, _)| english.starts_with("A table") || english.starts_with("CSV,") || english.starts_with("An Excel"))
    {
        text = text.replace(english, chinese);
    }
    text
}

/// Sentences and value names of a command line that have no Chinese.
pub fn untranslated(command: &Command) -> Vec<String> {
    let mut missing = Vec::new();
    let texts = [command.get_about(), command.get_after_help()].into_iter().flatten().map(ToString::to_string);
    let helps = command.get_arguments().filter_map(|arg| arg.get_help()).map(ToString::to_string);
    missing.extend(texts.chain(helps).filter(|text| find(SENTENCES, text).is_none()));
    for arg in command.get_arguments().filter(|arg| arg.get_action().takes_values()) {
        let named = arg.get_value_names().and_then(<[_]>::first).map_or_else(|| arg.get_id().as_str().to_uppercase(), ToString::to_string);
        missing.extend(find(PLACES, &named).is_none().then_some(named));
    }
    missing.extend(command.get_subcommands().flat_map(untranslated));
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_around_ours_are_chinese_also_where_a_line_was_broken_behind_them() {
        let said = chinese_frame("  地址\n          [env: HUXUE_HOST=]\n  地址 [env:\n          HUXUE_LAN=] [default:\n          1]");
        assert!(!said.contains("env") && !said.contains("default") && said.contains("[环境变量："), "{said}");
    }
}
