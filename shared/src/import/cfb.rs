//! The compound file (MS-CFB) around `.xls` and around encrypted workbooks: finds streams by name, and packs one stream into a clean
//! container. The spreadsheet library's own walk of a compound file follows chains without end in a crafted file; it only ever sees
//! containers made here.

use super::sheet::FileError;

/// First eight bytes of every compound file.
pub(super) const SIGNATURE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
const FAT_SECTOR: u32 = 0xFFFF_FFFD;
const FREE_SECTOR: u32 = 0xFFFF_FFFF;
/// Sector ids from here on are marks, not sectors.
const MARKS: u32 = 0xFFFF_FFFA;
const ENTRY_BYTES: usize = 128;
const MINI_SECTOR_BYTES: usize = 64;
/// Streams below this stand in the mini stream.
const MINI_STREAM_CUTOFF: usize = 4096;

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

/// A compound file whose directory has been read.
pub(super) struct CompoundFile<'a> {
    bytes: &'a [u8],
    sector_bytes: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    start: u32,
    len: usize,
}

impl<'a> CompoundFile<'a> {
    /// Reads the header, the allocation tables and the directory.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, FileError> {
        Self::parse(bytes).ok_or(FileError::Damaged)
    }

    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let sector_bytes = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        let mut file = Self { bytes, sector_bytes, fat: Vec::new(), mini_fat: Vec::new(), entries: Vec::new() };
        for id in file.fat_sectors()? {
            let words = words(file.sector(id)?);
            file.fat.extend(words);
        }
        let directory = file.chain(u32_at(bytes, 48)?, usize::MAX)?;
        file.entries = directory.chunks_exact(ENTRY_BYTES).filter_map(|entry| Entry::parse(entry, sector_bytes)).collect();
        if u32_at(bytes, 64)? > 0 {
            let table = file.chain(u32_at(bytes, 60)?, usize::MAX)?;
            file.mini_fat = words(&table).collect();
        }
        Some(file)
    }

    /// Ids of the sectors that hold the allocation table: 109 in the header, more in a chain of their own.
    fn fat_sectors(&self) -> Option<Vec<u32>> {
        let mut ids: Vec<u32> = words(self.bytes.get(76..512)?).filter(|id| *id < MARKS).collect();
        let mut next = u32_at(self.bytes, 68)?;
        let sectors = self.bytes.len() / self.sector_bytes + 1;
        for _ in 0..sectors {
            if next >= MARKS {
                break;
            }
            let sector = self.sector(next)?;
            let (listed, link) = sector.split_at_checked(self.sector_bytes - 4)?;
            ids.extend(words(listed).filter(|id| *id < MARKS));
            next = u32_at(link, 0)?;
        }
        (ids.len() <= sectors).then_some(ids)
    }

    /// The header fills sector -1.
    fn sector(&self, id: u32) -> Option<&'a [u8]> {
        let start = (id as usize).checked_add(1)?.checked_mul(self.sector_bytes)?;
        self.bytes.get(start..start.checked_add(self.sector_bytes)?.min(self.bytes.len()))
    }

    /// Follows a chain. A chain cannot be longer than the file: one that is goes in a circle.
    fn chain(&self, start: u32, len: usize) -> Option<Vec<u8>> {
        let mut stream = Vec::new();
        let mut id = start;
        while id < MARKS && stream.len() < len {
            if stream.len() > self.bytes.len() {
                return None;
            }
            stream.extend_from_slice(self.sector(id)?);
            id = *self.fat.get(id as usize)?;
        }
        stream.truncate(len);
        Some(stream)
    }

    /// Is there a stream or storage of this name?
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// The bytes of a stream, `None` if absent or damaged.
    pub(super) fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))?;
        if entry.len >= MINI_STREAM_CUTOFF {
            return self.chain(entry.start, entry.len);
        }
        let root = self.entries.first()?;
        let mini = self.chain(root.start, root.len)?;
        let mut stream = Vec::new();
        let mut id = entry.start;
        while id < MARKS && stream.len() < entry.len {
            let at = (id as usize).checked_mul(MINI_SECTOR_BYTES)?;
            stream.extend_from_slice(mini.get(at..(at + MINI_SECTOR_BYTES).min(mini.len()))?);
            id = *self.mini_fat.get(id as usize)?;
        }
        stream.truncate(entry.len);
        Some(stream)
    }
}

impl Entry {
    fn parse(bytes: &[u8], sector_bytes: usize) -> Option<Self> {
        let units: Vec<u16> = bytes.get(..64)?.chunks_exact(2).filter_map(|pair| u16_at(pair, 0)).take_while(|unit| *unit != 0).collect();
        let low = u32_at(bytes, 120)? as usize;
        // Version 3 leaves rubbish in the upper half.
        let high = if sector_bytes == 512 { 0 } else { u32_at(bytes, 124)? as usize };
        Some(Self { name: String::from_utf16_lossy(&units), start: u32_at(bytes, 116)?, len: low.checked_add(high.checked_shl(32)?)? })
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).filter_map(|word| u32_at(word, 0))
}

/// Packs one stream into a compound file of version 4: header, allocation table, one directory sector, the stream.
pub(super) fn pack(name: &str, mut stream: Vec<u8>) -> Vec<u8> {
    const SECTOR: usize = 4096;
    stream.resize(stream.len().next_multiple_of(SECTOR).max(SECTOR), 0);
    let stream_sectors = stream.len() / SECTOR;
    // One word a sector, and the table's own sectors and the directory are sectors too.
    let fat_sectors = (stream_sectors + 1).div_ceil(SECTOR / 4 - 1).max(1);
    let mut fat: Vec<u32> = vec![FAT_SECTOR; fat_sectors];
    fat.push(END_OF_CHAIN);
    let first = fat.len();
    fat.extend((1..stream_sectors).map(|step| sector_id(first + step)));
    fat.push(END_OF_CHAIN);
    fat.resize(fat_sectors * SECTOR / 4, FREE_SECTOR);

    let mut file = header(fat_sectors);
    file.resize(SECTOR, 0);
    file.extend(fat.iter().flat_map(|word| word.to_le_bytes()));
    file.extend(directory_entry("Root Entry", 5, 0, 0));
    file.extend(directory_entry(name, 2, sector_id(first), stream.len()));
    file.resize(SECTOR * (1 + fat_sectors + 1), 0);
    file.append(&mut stream);
    file
}

fn sector_id(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(END_OF_CHAIN)
}

fn header(fat_sectors: usize) -> Vec<u8> {
    let mut header = SIGNATURE.to_vec();
    header.resize(24, 0);
    for half in [0x3E_u16, 4, 0xFFFE, 12, 6] {
        header.extend(half.to_le_bytes());
    }
    header.resize(40, 0);
    let directory = sector_id(fat_sectors);
    for word in [1, sector_id(fat_sectors), directory, 0, 4096, 0, 0, END_OF_CHAIN, 0] {
        header.extend(word.to_le_bytes());
    }
    // 109 places for the table's sectors: 109 * 1024 * 4 KiB = 436 MiB.
    header.extend((0..109).flat_map(|index| if index < fat_sectors { sector_id(index) } else { FREE_SECTOR }.to_le_bytes()));
    header
}

fn directory_entry(name: &str, kind: u8, start: u32, len: usize) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let name_bytes = u16::try_from(entry.len() + 2).unwrap_or(64);
    entry.resize(64, 0);
    entry.extend(name_bytes.to_le_bytes());
    entry.extend([kind, 1]);
    entry.extend([0xFF; 12]);
    entry.resize(116, 0);
    entry.extend(start.to_le_bytes());
    entry.extend((len as u64).to_le_bytes());
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_found_again() {
        for len in [1, 4095, 4096, 5_000_000] {
            let stream: Vec<u8> = (0..len).map(|byte| u8::try_from(byte % 251).unwrap()).collect();
            let packed = pack("Workbook", stream.clone());
            let file = CompoundFile::open(&packed).unwrap();
            assert!(file.has("workbook") && !file.has("EncryptedPackage"));
            let found = file.stream("Workbook").unwrap();
            assert_eq!(found[..stream.len()], stream[..]);
        }
    }

    #[test]
    fn a_chain_in_a_circle_ends() {
        let mut packed = pack("Workbook", vec![7; 20_000]);
        // Sector 0 is the table; the stream's first sector (id 2) now follows itself.
        packed[4096 + 2 * 4..4096 + 3 * 4].copy_from_slice(&2_u32.to_le_bytes());
        let file = CompoundFile::open(&packed).unwrap();
        assert!(file.stream("Workbook").is_some_and(|stream| stream.len() <= 20_480));
        packed[4096 + 4..4096 + 8].copy_from_slice(&1_u32.to_le_bytes()); // the directory too
        assert!(CompoundFile::open(&packed).is_err());
    }
}
