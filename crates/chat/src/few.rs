//! A set of a few things, of which there are many: ordered like a tree, and without the room that a tree's node keeps.

/// A set as a sorted list without spare room; putting in and taking out take as long as it has members. One member alone,
/// which is what most have, takes no allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Few<T> {
    One(T),
    Many(Box<[T]>),
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few::Many(Box::default())
    }
}

impl<T> From<Vec<T>> for Few<T> {
    /// Of a list that is sorted.
    fn from(mut items: Vec<T>) -> Self {
        match (items.len(), items.pop()) {
            (1, Some(item)) => Few::One(item),
            (_, last) => {
                items.extend(last);
                Few::Many(items.into())
            }
        }
    }
}

impl<T: Ord> Few<T> {
    /// Puts something in; `false` if it was there.
    pub(crate) fn insert(&mut self, item: T) -> bool {
        let Err(place) = self.as_slice().binary_search(&item) else { return false };
        let mut items = std::mem::take(self).into_vec();
        items.reserve_exact(1);
        items.insert(place, item);
        *self = items.into();
        true
    }

    /// Takes something out; `false` if it was not there.
    pub(crate) fn remove(&mut self, item: &T) -> bool {
        let Ok(place) = self.as_slice().binary_search(item) else { return false };
        let mut items = std::mem::take(self).into_vec();
        items.remove(place);
        *self = items.into();
        true
    }

    /// Whether something is in it.
    pub(crate) fn contains(&self, item: &T) -> bool {
        self.as_slice().binary_search(item).is_ok()
    }

    /// Takes the first out.
    pub(crate) fn pop_first(&mut self) -> Option<T> {
        let mut items = std::mem::take(self).into_vec();
        let first = (!items.is_empty()).then(|| items.remove(0));
        *self = items.into();
        first
    }

    /// Keeps only those.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        let mut items = std::mem::take(self).into_vec();
        items.retain(keep);
        *self = items.into();
    }
}

impl<T> Few<T> {
    pub(crate) fn as_slice(&self) -> &[T] {
        match self {
            Few::One(item) => std::slice::from_ref(item),
            Few::Many(items) => items,
        }
    }

    fn into_vec(self) -> Vec<T> {
        match self {
            Few::One(item) => vec![item],
            Few::Many(items) => items.into(),
        }
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.as_slice().iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.as_slice().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Few<T> {
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
        assert_eq!((few.pop_first(), few.pop_first(), few.is_empty()), (Some(5), None, true));
    }

    #[test]
    fn one_alone_takes_no_allocation_and_no_more_room_than_a_list() {
        let mut few = Few::default();
        few.insert(7_u64);
        assert!(matches!(few, Few::One(7)));
        few.insert(8);
        few.retain(|item| *item == 8);
        assert!(matches!(few, Few::One(8)));
        assert_eq!(size_of::<Few<u64>>(), 16);
    }
}
