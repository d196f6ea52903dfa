//! Prints the gateway's interface as OpenAPI 3.1, as it is served at `/openapi.json`.

fn main() {
    println!("{:#}", hongyan_api::openapi());
}
