//! Reads the fields of a request, and names the first wrong one.

use serde_json::{Map, Value};

/// A request with a wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidParam {
    /// The field's path, for example `params.thread_id`.
    pub field: String,
    /// What it has to be, for example `a string`.
    pub expected: String,
}

impl InvalidParam {
    /// A wrong field.
    #[must_use]
    pub fn new(field: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            expected: expected.into(),
        }
    }
}

impl std::fmt::Display for InvalidParam {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} must be {}.", self.field, self.expected)
    }
}

impl std::error::Error for InvalidParam {}

/// An object of a request, with its path.
#[derive(Debug, Clone)]
pub struct Params<'a> {
    path: String,
    fields: &'a Map<String, Value>,
}

impl<'a> Params<'a> {
    /// An object at a path, which is empty for the request itself.
    ///
    /// # Errors
    /// [`InvalidParam`] if it is no object.
    pub fn of(path: impl Into<String>, value: &'a Value) -> Result<Self, InvalidParam> {
        let path = path.into();
        match value {
            Value::Object(fields) => Ok(Self { path, fields }),
            _ if path.is_empty() => Err(InvalidParam::new("The body", "a JSON object")),
            _ => Err(InvalidParam::new(path, "an object")),
        }
    }

    /// A field's path.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// An error for a field.
    #[must_use]
    pub fn invalid(&self, name: &str, expected: &str) -> InvalidParam {
        InvalidParam::new(self.path(name), expected)
    }

    /// A field, unless it is missing or `null`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A field that may be `null`.
    ///
    /// # Errors
    /// [`InvalidParam`] if it is missing.
    pub fn any(&self, name: &str) -> Result<&'a Value, InvalidParam> {
        self.fields
            .get(name)
            .ok_or_else(|| self.invalid(name, "there"))
    }

    /// An optional text.
    ///
    /// # Errors
    /// [`InvalidParam`] if it is no string.
    pub fn optional_string(&self, name: &str) -> Result<Option<&'a str>, InvalidParam> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.invalid(name, "a string")),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// [`InvalidParam`] if it is missing or no string.
    pub fn string(&self, name: &str) -> Result<&'a str, InvalidParam> {
        self.optional_string(name)?
            .ok_or_else(|| self.invalid(name, "a string"))
    }

    /// An optional boolean.
    ///
    /// # Errors
    /// [`InvalidParam`] if it is no boolean.
    pub fn optional_bool(&self, name: &str) -> Result<Option<bool>, InvalidParam> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(self.invalid(name, "true or false")),
        }
    }

    /// An optional whole number. As the reference does, a text with digits counts as one.
    ///
    /// # Errors
    /// [`InvalidParam`] if it is none.
    pub fn optional_integer(&self, name: &str) -> Result<Option<i64>, InvalidParam> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_i64().or_else(|| whole(value.as_f64()?)),
        };
        number
            .map(Some)
            .ok_or_else(|| self.invalid(name, "a whole number"))
    }

    /// An optional object.
    ///
    /// # Errors
    /// [`InvalidParam`] if it is none.
    pub fn optional_object(&self, name: &str) -> Result<Option<Params<'a>>, InvalidParam> {
        self.get(name)
            .map(|value| Params::of(self.path(name), value))
            .transpose()
    }

    /// An object.
    ///
    /// # Errors
    /// [`InvalidParam`] if it is missing or none.
    pub fn object(&self, name: &str) -> Result<Params<'a>, InvalidParam> {
        self.optional_object(name)?
            .ok_or_else(|| self.invalid(name, "an object"))
    }

    /// The entries of an optional list, each with its path.
    ///
    /// # Errors
    /// [`InvalidParam`] if it is no list.
    pub fn list(&self, name: &str) -> Result<Vec<(String, &'a Value)>, InvalidParam> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(entries)) => {
                let path = self.path(name);
                Ok(entries
                    .iter()
                    .enumerate()
                    .map(|(i, entry)| (format!("{path}[{i}]"), entry))
                    .collect())
            }
            Some(_) => Err(self.invalid(name, "a list")),
        }
    }

    /// The texts of an optional list.
    ///
    /// # Errors
    /// [`InvalidParam`] if it is no list of texts.
    pub fn strings(&self, name: &str) -> Result<Vec<String>, InvalidParam> {
        let entries = self.list(name)?.into_iter();
        let texts = entries.map(|(path, entry)| {
            entry
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| InvalidParam::new(path, "a string"))
        });
        texts.collect()
    }

    /// All fields.
    #[must_use]
    pub fn fields(&self) -> &'a Map<String, Value> {
        self.fields
    }
}

/// A number without a fraction, within the integers that a double can hold.
fn whole(number: f64) -> Option<i64> {
    const MAX: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= MAX).then_some(number as i64)
}
