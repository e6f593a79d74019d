//! A map for the few days and codes that counters have.

/// Keys with their values, in the order of the keys. An insertion moves what comes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table<K, V>(Vec<(K, V)>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V: Default> Table<K, V> {
    /// Changes a key's value, which is the default one at first.
    pub fn change(&mut self, key: K, change: impl FnOnce(&mut V)) {
        match self.0.binary_search_by(|(other, _)| other.cmp(&key)) {
            Ok(at) => {
                if let Some((_, value)) = self.0.get_mut(at) {
                    change(value);
                }
            }
            Err(at) => {
                let mut value = V::default();
                change(&mut value);
                self.0.insert(at, (key, value));
            }
        }
    }

    /// Keeps only some keys.
    pub fn retain(&mut self, is_kept: impl Fn(&K) -> bool) {
        self.0.retain(|(key, _)| is_kept(key));
    }

    /// All of them, in the order of the keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_once_and_in_order() {
        let mut table = Table::default();
        for key in [3, 1, 2, 1] {
            table.change(key, |count: &mut u8| *count += 1);
        }
        table.retain(|key| *key != 2);
        assert_eq!(table.iter().collect::<Vec<_>>(), [(&1, &2), (&3, &1)]);
    }
}
