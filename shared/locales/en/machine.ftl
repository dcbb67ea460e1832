# This machine: the desk for the school's network, how the machine is, the first day.
desk-machine = This machine
    .help = Let other PCs and phones of the school open the desk, and see how this machine is. Only registrars see this page.
desk-lan = For PCs and phones of the school
desk-lan-is-off = The school network is off: only this machine itself is answered.
desk-lan-is-on = On, encrypted, port { $port }.
desk-lan-fails = On, but port { $port } does not answer now. It is tried again every minute.
desk-lan-rests = Set to on: port { $port } will answer once the service runs.
desk-lan-answers = answers
desk-lan-answers-not = does not answer
desk-lan-addresses = To be typed into the browser of another PC or a phone
desk-lan-no-address = This machine is in no network now. Once it is, addresses appear here.
desk-lan-fingerprint = Fingerprint of the certificate (SHA-256)
desk-lan-warning = The first time, the browser warns that the connection is not private, because this machine made its certificate itself: look at the certificate in the warning and compare its SHA-256 fingerprint with this one, group by group. If they are the same, choose “Advanced → Proceed”; if they differ anywhere, do not go on, and tell the registrar.
desk-lan-until = The certificate is good until { $value }.
desk-lan-renewed = It is made anew before that, with the same key. After that, or when this machine gets another address, the fingerprint changes: compare it once more.
desk-lan-key-fingerprint = Fingerprint of the public key (stays when the certificate changes; Chrome and Edge show it too)
desk-lan-held = This was set with --lan or HUXUE_LAN when the service was started, and cannot be changed here.
desk-lan-here = You opened this page through the school's network: once it is off, this window cannot be opened any more, only on the machine itself.
desk-lan-switch-on = Switch on
desk-lan-switch-off = Switch off
desk-lan-port = Port
desk-lan-port-hint = Usually as it is.
desk-lan-done-on = Saved. It is on now, and after every restart.
desk-lan-done-off = Off. Only this machine itself is answered.
desk-lan-cli-on = → To switch it on: { $program } lan on
desk-lan-cli-off = → To switch it off: { $program } lan off
lan-port = “{ $text }” is no port to use.
    .next = Type a number from 1024 to 65535; usually 4482.
lan-held = The desk for the school's network is held at { $address } by --lan of the running service.
    .next = Start the service without --lan and HUXUE_LAN, then use `{ $program } lan on` or `{ $program } lan off`.
lan-port-in-use = Port { $port } is used by another program, so the school's network is not answered yet.
    .next = Take another port: `{ $program } lan on --at 0.0.0.0:4483`. For this one, end the program that uses it first (an administrator finds it with `ss -ltnp`).
web-lan-port-in-use = Another port
    .page = Switch it off, then on with another port, 4483 for example.
lan-address-not-here = This machine has no address { $address }.
    .next = Use all of its addresses: `{ $program } lan on --at 0.0.0.0:4482`. If the network only is not up yet, it is tried again by itself.
lan-bind = { $address } cannot be listened on: { $detail }
    .next = Take another address or port: `{ $program } lan on --at 0.0.0.0:4482`.
lan-file-unreadable = { $path } cannot be read: { $detail }
    .next = Check path and permissions with `ls -l { $path }`; the service's user must be able to read it. It is tried again by itself.
lan-cert-none = { $path } holds no certificate that can be used.
    .next = PEM is needed (it begins with -----BEGIN CERTIFICATE-----), this machine's certificate first, those above it after.
lan-key-none = { $path } holds no key that can be used.
    .next = A PEM key without a passphrase is needed (ECDSA P-256 or P-384, Ed25519 or RSA).
lan-key-other = The key in { $path } is not that of the certificate { $certificate }.
    .next = Give the key the certificate was issued for.
lan-cert-expired = The certificate { $path } expired on { $day }.
    .next = Put a new one in its place, it is read by itself; or go without: start without --lan-cert.
lan-cert-early = The certificate { $path } begins on { $day }.
    .next = First see whether this machine's clock is right: `timedatectl`.
lan-own-damaged = { $path } is no key made here, and was left as it is.
    .next = Put it back from a backup, or remove it: a new one is made, and everybody has to compare its fingerprint.
desk-card-follow = To be followed up
desk-card-refused = Rows not taken at import
desk-refused-rows = { $file }: { $rows ->
    [one] 1 row not taken
   *[other] { $rows } rows not taken
}
desk-differs = { $title }: reported { $reported }, by the records { $now }
desk-do-compare = Compare, then sign
desk-do-import = Mend and import
desk-refused-changes = Changes the county did not take: { $value }; see why
doctor-dir-none = There is no data directory { $path }.
    .next = See whether --data or HUXUE_DATA is right; for a first start run `{ $program } serve`.
doctor-dir = The data directory { $path } is there, and only the service's own user can read it.
doctor-dir-open = Other users of this machine can read { $path }.
    .next = Close it: `chmod 700 { $path }` for a directory, `chmod 600 { $path }` for a file.
doctor-disk = There is { $room } left on the disk.
doctor-disk-little = Only { $room } is left on the disk: soon there may be no room for photographs.
    .next = Look with `df -h { $path }`, and clear the disk or take a larger one.
doctor-disk-full = Only { $room } is left on the disk: saving may fail any time.
    .next = Clear the disk at once: `df -h { $path }`. What is saved is not lost.
doctor-enrolled = Enrolled: { $school } ({ $county }).
doctor-database = The database is sound.
doctor-database-damaged = The database file is damaged: { $detail }
    .next = Stop the service, copy the whole data directory elsewhere, then run `{ $program } verify` and call the county; what the county received is safe there.
doctor-key = The county has a sealed copy of the database key: a forgotten passphrase can be helped.
doctor-key-waits = The sealed copy of the database key has not reached the county yet.
    .next = It goes by itself once there is a link; at once: `{ $program } sync now`.
doctor-key-alone = There is no sealed copy of the database key: if key or passphrase is lost, so is what the county has not received.
    .next = Have the county make a recovery key with `huxue-hub recovery new`, then run `{ $program } sync now`.
doctor-clock = The clock looks right: { $now }.
doctor-clock-behind = The clock is behind: it shows { $now }, before what the county has already done.
    .next = Set it: `timedatectl set-ntp true`, or without a network `timedatectl set-time`. The battery on the board may be empty.
doctor-clock-ahead = The clock may be ahead: it shows { $now }, { $days } days after the last contact with the county.
    .next = Look at the date; if it is wrong, set it before anything is written: `timedatectl set-ntp true`, or without a network `timedatectl set-time`. If it is right, connect and run `{ $program } sync now`.
doctor-certificate = The enrolment's certificate is good for { $days ->
    [one] 1 day
   *[other] { $days } days
} and renews itself.
doctor-certificate-over = The enrolment's certificate ended { $days ->
    [one] 1 day
   *[other] { $days } days
} ago; it renews itself once the county is reached.
    .next = Connect the network and run `{ $program } sync now`.
doctor-received = The county has everything written here.
doctor-waiting = Changes waiting to go to the county as soon as there is a link: { $pending }.
doctor-never = There was never any contact with the county; changes waiting: { $pending }.
    .next = Connect the network, run `{ $program } sync now` and see what it says.
doctor-silent = No contact with the county for { $days ->
    [one] 1 day
   *[other] { $days } days
}; changes waiting: { $pending }.
    .next = Look at cable, wireless and router; then run `{ $program } sync now` and see what it says.
doctor-refused-none = The county refused nothing.
doctor-refused = Changes that were not taken: { $count }.
    .next = See why: `{ $program } conflicts list`, or Disagreements on the desk.
web-doctor-refused = See
    .page = See why under Disagreements.
doctor-conflicts-none = No disagreement awaits anybody.
doctor-conflicts = Disagreements that await a person: { $count }.
    .next = `{ $program } conflicts list`, or Disagreements on the desk.
web-doctor-conflicts = See
    .page = Choose one by one under Disagreements.
doctor-files = Photographs and scans take { $used } of { $quota }.
doctor-files-full = Photographs and scans take { $used } and are nearly at their limit of { $quota }.
    .next = Raise it with `{ $program } blob limits --quota-mib NUMBER`, if the disk has the room.
doctor-no-account = Nobody can log in to the desk yet.
    .next = Open the desk in this machine's own browser and make the first account.
doctor-county = Connected to the county ({ $hub }).
doctor-county-dials = Calling the county ({ $hub }); no outcome yet.
    .next = Look again in a moment: `{ $program } doctor`.
doctor-county-reached = The county was reached just now.
doctor-service-off = The service does not run, so the desk cannot be opened.
    .next = Start it: `systemctl start huxue-node`, or `{ $program } serve`.
doctor-desk = The desk answers this machine at http://{ $address }.
doctor-lan-silent = The desk for the school's network is on, but nothing answers on port { $port }.
    .next = Switch it off and on: `{ $program } lan off`, `{ $program } lan on`.
doctor-lan-certificate = The certificate of the desk for the school's network ends in { $days ->
    [one] 1 day
   *[other] { $days } days
}.
    .next = Put the next certificate and key into the same files; they are read by themselves.
doctor-unit = The service starts with the machine.
doctor-unit-off = After a power cut the service will not start by itself.
    .next = `systemctl enable --now huxue-node`
desk-doctor = How is this machine?
desk-doctor-well = All is well.
desk-doctor-look = Things to look at: { $value }.
desk-doctor-whole = Check the whole database too (seconds to minutes)
desk-doctor-sign-well = well
desk-doctor-sign-look = to be looked at
desk-doctor-sign-wrong = wrong
desk-guide = The first day
desk-guide-enrolled = Enrolled at the county
desk-guide-account = The first account
desk-guide-import = Import the roster
desk-guide-people = Accounts for class teachers, with their classes
desk-guide-roll = Take the first roll
desk-guide-left-behind = Profiles of left-behind children
desk-guide-key = The county keeps a copy of the key (by itself once it has a recovery key)
desk-guide-lan = Let PCs and phones of the school open the desk
desk-guide-done = Done:
desk-guide-done-count = { $value } done; left:
desk-guide-away = Put away for good
