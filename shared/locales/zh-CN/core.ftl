internal = 程序内部出错：{ $detail }
    .next = 请把这句话和 huxue 的版本号报告给县里的管理员；数据没有丢失。
