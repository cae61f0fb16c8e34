/* A button beside each address that copies it. Without scripts there is none, and a click on the address selects all of it. */
const { copy, copied } = document.querySelector(".feeds").dataset;
for (const address of document.querySelectorAll(".feed-url")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "feed-copy";
  button.textContent = copy;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(address);
    try {
      await navigator.clipboard.writeText(address.textContent);
    } catch {
      document.execCommand("copy"); /* where the page came by plain HTTP */
    }
    button.textContent = copied;
    setTimeout(() => (button.textContent = copy), 2000);
  });
  address.after(button);
}
