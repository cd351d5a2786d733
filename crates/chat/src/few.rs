//! A set of a few things, of which there are many: ordered like a tree, and without the room that a tree's node keeps.

/// A set as a sorted list without spare room; putting in and taking out take as long as it has members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Few<T>(Vec<T>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few(Vec::new())
    }
}

impl<T: Ord> Few<T> {
    /// Puts something in; `false` if it was there.
    pub(crate) fn insert(&mut self, item: T) -> bool {
        let Err(place) = self.0.binary_search(&item) else { return false };
        self.0.reserve_exact(1);
        self.0.insert(place, item);
        true
    }

    /// Takes something out; `false` if it was not there.
    pub(crate) fn remove(&mut self, item: &T) -> bool {
        let Ok(place) = self.0.binary_search(item) else { return false };
        self.0.remove(place);
        self.0.shrink_to_fit();
        true
    }

    /// Whether something is in it.
    pub(crate) fn contains(&self, item: &T) -> bool {
        self.0.binary_search(item).is_ok()
    }

    /// Takes the first out.
    pub(crate) fn pop_first(&mut self) -> Option<T> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Keeps only those.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.0.retain(keep);
        self.0.shrink_to_fit();
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T: Ord> IntoIterator for &'a Few<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_set_in_order() {
        let mut few = Few::default();
        assert!([5, 1, 3].into_iter().all(|item| few.insert(item)));
        assert!(!few.insert(3) && few.contains(&3) && few.remove(&3) && !few.remove(&3));
        assert_eq!(few.iter().copied().collect::<Vec<_>>(), [1, 5]);
        assert_eq!((few.pop_first(), few.len()), (Some(1), 1));
    }
}
