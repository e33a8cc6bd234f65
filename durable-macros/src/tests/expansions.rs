//! The shape of the generated code, on functions small enough to read it.

use expect_test::{Expect, expect};
use proc_macro2::TokenStream;

/// The twin and the arms: the parts of an expansion that differ from function to function.
fn check(source: &str, expected: &Expect) {
    let tokens = crate::expand::workflow(TokenStream::new(), &source.parse().expect("tokens"));
    let file = syn::parse2(tokens).expect("an expansion is a file");
    let text = prettyplease::unparse(&file);
    let text = text.replace("::durable_runtime::__private::", "rt::");
    let between = |from: &str, to: &str| {
        let lines = text.lines().skip_while(|l| !l.trim().starts_with(from));
        let lines: Vec<_> = lines.take_while(|l| !l.trim().starts_with(to)).collect();
        let indent = lines[0].len() - lines[0].trim_start().len();
        let lines = lines.iter().map(|l| l.get(indent..).unwrap_or_default());
        lines.collect::<Vec<_>>().join("\n")
    };
    let twin = between("let _ = |", "#[allow(");
    let arms = between("match __here {", "_ => ::core::unreachable!()");
    let shown = format!("{twin}\n\n{arms}\n");
    assert!(shown.lines().count() < 100, "a snapshot is for reading");
    expected.assert_eq(&shown);
}

#[test]
fn no_await() {
    check(
        "async fn f(a: u32) -> u32 { a + 1 }",
        &expect![[r#"
        let _ = |a: u32| -> u32 { a + 1 };

        match __here {
            0u32 => {
                let a: u32 = rt::take(&mut __in0);
                return a + 1;
            }
    "#]],
    );
}

#[test]
fn one_local_across_one_await() {
    check(
        "async fn f(a: u32) -> u32 { let b = op(1).await; a + b }",
        &expect![[r#"
            let _ = |a: u32| -> u32 {
                rt::is(__ty0, &a);
                let b = rt::awaited(__op0, op(1));
                a + b
            };

            match __here {
                0u32 => {
                    let a: u32 = rt::take(&mut __in0);
                    rt::is(__ty0, &a);
                    __cx.begin(
                        __op0,
                        <_ as rt::Awaitable<_>>::awaits(),
                        op(1),
                    );
                    __slots.0 = ::core::option::Option::Some(a);
                    break '__machine 0usize;
                }
                1u32 => {
                    let mut __durable_tmp1 = __cx.complete(__op0);
                    let b = __durable_tmp1;
                    let mut a = rt::take(
                        &mut __slots.0,
                    );
                    return a + b;
                }
        "#]],
    );
}

#[test]
fn a_branch_that_suspends() {
    check(
        "async fn f(c: bool) -> u32 { let x = if c { op(1).await } else { 2 }; x }",
        &expect![[r#"
            let _ = |c: bool| -> u32 {
                let x = rt::seen(
                    __ty1,
                    if c {
                        rt::awaited(__op0, op(1))
                    } else {
                        2
                    },
                );
                x
            };

            match __here {
                0u32 => {
                    let c: bool = rt::take(
                        &mut __in0,
                    );
                    if c {
                        __cx.begin(
                            __op0,
                            <_ as rt::Awaitable<_>>::awaits(),
                            op(1),
                        );
                        break '__machine 0usize;
                    }
                    let mut __durable_tmp1 = rt::seen(
                        __ty1,
                        { 2 },
                    );
                    rt::is(__ty1, &__durable_tmp1);
                    __slot1 = ::core::option::Option::Some(__durable_tmp1);
                    __pc = rt::Goto(2u32);
                    continue '__machine;
                }
                1u32 => {
                    let mut __durable_tmp2 = __cx.complete(__op0);
                    let mut __durable_tmp1 = rt::seen(
                        __ty1,
                        __durable_tmp2,
                    );
                    rt::is(__ty1, &__durable_tmp1);
                    __slot1 = ::core::option::Option::Some(__durable_tmp1);
                    __pc = rt::Goto(2u32);
                    continue '__machine;
                }
                2u32 => {
                    let mut __durable_tmp1 = rt::take(
                        &mut __slot1,
                    );
                    let x = __durable_tmp1;
                    return x;
                }
        "#]],
    );
}

#[test]
fn a_loop_over_items() {
    check(
        "async fn f(v: Vec<u32>) -> u32 { let mut sum = 0; for x in v { sum += op(x).await; } sum }",
        &expect![[r#"
            let _ = |v: Vec<u32>| -> u32 {
                let mut sum = 0;
                rt::is(__ty1, &sum);
                for x in rt::seen(__src2, v) {
                    sum += rt::awaited(__op0, op(x));
                }
                sum
            };

            match __here {
                0u32 => {
                    let v: Vec<u32> = rt::take(
                        &mut __in0,
                    );
                    let mut sum = 0;
                    rt::is(__ty1, &sum);
                    let mut __durable_tmp2 = rt::start(
                        __looped2,
                        v,
                    );
                    rt::is(__ty2, &__durable_tmp2);
                    __slots.0 = ::core::option::Option::Some(sum);
                    __slots.1 = ::core::option::Option::Some(__durable_tmp2);
                    __pc = rt::Goto(1u32);
                    continue '__machine;
                }
                1u32 => {
                    let mut __durable_tmp2 = rt::take(
                        &mut __slots.1,
                    );
                    match rt::cursor_next(
                        &mut __durable_tmp2,
                    ) {
                        ::core::option::Option::Some(x) => {
                            __cx.begin(
                                __op0,
                                <_ as rt::Awaitable<_>>::awaits(),
                                op(x),
                            );
                            __slots.1 = ::core::option::Option::Some(__durable_tmp2);
                            break '__machine 0usize;
                        }
                        ::core::option::Option::None => {
                            let mut sum = rt::take(
                                &mut __slots.0,
                            );
                            return sum;
                        }
                    }
                }
                2u32 => {
                    let mut __durable_tmp4 = __cx.complete(__op0);
                    let mut sum = rt::take(
                        &mut __slots.0,
                    );
                    sum += __durable_tmp4;
                    __slots.0 = ::core::option::Option::Some(sum);
                    __pc = rt::Goto(1u32);
                    continue '__machine;
                }
        "#]],
    );
}

#[test]
fn errors_keep_the_public_functions() {
    let parse = |text: &str| text.parse::<TokenStream>().expect("tokens");
    let tokens = crate::expand::workflow(
        TokenStream::new(),
        &parse("pub async fn f(a: u32) -> u32 { let mut r = &a; op(1).await; *r }"),
    );
    let file = syn::parse2(tokens).expect("an expansion is a file");
    let text = prettyplease::unparse(&file);
    let lines: Vec<_> = text
        .lines()
        .filter(|l| l.contains("fn ") || l.contains("compile_error"))
        .collect();
    expect![[r#"
        ::core::compile_error! {
        pub fn f(a: u32) -> ::durable_runtime::__private::WorkflowCall<u32> {
        pub fn start_f(
            async fn f(a: u32) -> u32 {"#]]
    .assert_eq(&lines.join("\n"));
}
