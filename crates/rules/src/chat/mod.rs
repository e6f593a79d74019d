pub mod chat_call;
